import { ACCESS_RUN, type Bus, openJournal } from '@bailiwick/bus'
import { errorText, type RecordOf } from '@bailiwick/contract'

/** After each report of a user's refusals, the next ones are only counted for this long. Milliseconds. */
const PAUSES_MS = [10_000, 60_000, 600_000]
const MAX_PAUSE_MS = 3_600_000
/** Subjects that one report names; the others are only counted. */
const MAX_SUBJECTS = 5

type Refused = RecordOf<'access.refused'>

/** What was refused since the last batch. */
export interface RefusalBatch {
  readonly refused: readonly { user?: string; action: Refused['action']; subject?: string }[]
  /** True if there were more refusals than the batch lists. */
  readonly incomplete: boolean
}

/** The refusals of one action of one user. */
interface Tally {
  user: string
  action: Refused['action']
  subjects: Set<string>
  count: number
  atLeast: boolean
  /** Reports without an hour of silence between them. */
  reports: number
  reportedAt: number
  /** Time of the next report at the earliest. */
  dueAt: number
}

const EMPTY = { count: 0, atLeast: false, reports: 0, reportedAt: 0, dueAt: 0 }

/** Counts refusals, and limits how often they are reported: the first at once, a flood a few times an hour. */
export class RefusalTallies {
  readonly #tallies = new Map<string, Tally>()

  add({ refused, incomplete }: RefusalBatch): void {
    for (const { user = 'unknown', action, subject } of refused) {
      const key = `${action} ${user}`
      const tally = this.#tallies.get(key) ?? { ...EMPTY, user, action, subjects: new Set() }
      this.#tallies.set(key, tally)
      tally.count += 1
      if (subject !== undefined && tally.subjects.size < MAX_SUBJECTS) tally.subjects.add(subject)
    }
    // The uncounted refusals may belong to any user that was just refused something.
    if (incomplete) for (const tally of this.#tallies.values()) tally.atLeast ||= tally.count > 0
  }

  /**
   * Removes and returns the reports that are due.
   *
   * @param now on a clock that is never set back, milliseconds
   * @param at the time to report, Unix milliseconds
   */
  take(now: number, at = now): Refused[] {
    const records: Refused[] = []
    for (const [key, tally] of this.#tallies) {
      const { user, action, subjects, count, atLeast, reports, reportedAt, dueAt } = tally
      // Keep a tally for a long time, so that occasional refusals are not reported one by one.
      if (count === 0 && now >= reportedAt + MAX_PAUSE_MS) this.#tallies.delete(key)
      if (count === 0 || now < dueAt) continue
      records.push({
        type: 'access.refused',
        at,
        user,
        action,
        subjects: [...subjects],
        count,
        atLeast,
      })
      const pause = PAUSES_MS[reports] ?? MAX_PAUSE_MS
      const next = { reports: reports + 1, reportedAt: now, dueAt: now + pause }
      this.#tallies.set(key, { ...tally, ...EMPTY, subjects: new Set(), ...next })
    }
    return records
  }
}

/**
 * Journals refusals, so that they become events, until `refusals` ends. Counts that become due without a new refusal
 * are reported within a second.
 */
export async function journalRefusals(
  bus: Bus,
  /** Prefix of the journal's name. Each caller needs its own. */
  kind: string,
  refusals: AsyncIterable<RefusalBatch>,
  note: (line: string) => void,
): Promise<void> {
  const tallies = new RefusalTallies()
  // A new journal, which only this daemon writes, so it need not be read first.
  const task = `${kind}-${Date.now().toString(36)}`
  const journal = openJournal(bus, { writer: 'coordinator', run: ACCESS_RUN, task })
  const report = () => {
    journal
      .append(tallies.take(performance.now(), Date.now()))
      .catch((error: unknown) => note(`Cannot journal what NATS refused: ${errorText(error)}`))
  }
  const timer = setInterval(report, 1_000)
  try {
    for await (const batch of refusals) {
      tallies.add(batch)
      report()
    }
  } finally {
    clearInterval(timer)
  }
}
