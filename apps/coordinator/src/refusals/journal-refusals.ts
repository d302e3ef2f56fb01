import { ACCESS_RUN, type Bus, openJournal } from '@bailiwick/bus'
import type { RecordOf } from '@bailiwick/contract'

/** How long repetitions of what was told are only counted: at first, and after each time they are told. */
const PAUSES_MS = [10_000, 60_000, 600_000]
const MAX_MS = 3_600_000
/** Subjects that are named; the others are only counted. */
const NAMED = 5

type Refused = RecordOf<'access.refused'>

/** What was refused since the last batch. */
export interface RefusalBatch {
  readonly refused: readonly { user?: string; action: Refused['action']; subject?: string }[]
  /** There was more. */
  readonly incomplete: boolean
}

/** What one user was refused in one way. */
interface Tally {
  user: string
  action: Refused['action']
  subjects: Set<string>
  count: number
  atLeast: boolean
  /** Times that it was told without an hour's quiet between. */
  told: number
  /** When it was last told, and when it may be again. */
  toldAt: number
  dueAt: number
}

const NOTHING = { count: 0, atLeast: false, told: 0, toldAt: 0, dueAt: 0 }

/** Counts refusals, and says when to tell them: the first at once, a flood a few times an hour. */
export class RefusalTallies {
  readonly #tallies = new Map<string, Tally>()

  add({ refused, incomplete }: RefusalBatch): void {
    for (const { user = 'unknown', action, subject } of refused) {
      const key = `${action} ${user}`
      const tally = this.#tallies.get(key) ?? { ...NOTHING, user, action, subjects: new Set() }
      this.#tallies.set(key, tally)
      tally.count += 1
      if (subject !== undefined && tally.subjects.size < NAMED) tally.subjects.add(subject)
    }
    // Whose the uncounted are is unknown: any may be of each who was refused something just now.
    if (incomplete) for (const tally of this.#tallies.values()) tally.atLeast ||= tally.count > 0
  }

  /** Those that are to be told now. */
  take(now: number): Refused[] {
    const records: Refused[] = []
    for (const [key, tally] of this.#tallies) {
      const { user, action, subjects, count, atLeast, told, toldAt, dueAt } = tally
      // Forgotten after a long quiet only: one refusal every now and then is not told each time either.
      if (count === 0 && now >= toldAt + MAX_MS) this.#tallies.delete(key)
      if (count === 0 || now < dueAt) continue
      records.push({
        type: 'access.refused',
        at: now,
        user,
        action,
        subjects: [...subjects],
        count,
        atLeast,
      })
      const pause = PAUSES_MS[told] ?? MAX_MS
      const next = { told: told + 1, toldAt: now, dueAt: now + pause }
      this.#tallies.set(key, { ...tally, ...NOTHING, subjects: new Set(), ...next })
    }
    return records
  }
}

/**
 * Journals what the server refuses, so that it becomes events, until there is no more. Counts that are due
 * while nothing new comes are told within a second.
 */
export async function tellRefusals(
  bus: Bus,
  /** Begins the name of its journal: each teller has one of its own. */
  kind: string,
  refusals: AsyncIterable<RefusalBatch>,
  warn: (line: string) => void,
): Promise<void> {
  const tallies = new RefusalTallies()
  // A journal of this daemon's own: nobody else writes to it, and it need not be read first.
  const task = `${kind}-${Date.now().toString(36)}`
  const journal = openJournal(bus, { writer: 'coordinator', run: ACCESS_RUN, task })
  const tell = () => {
    journal
      .append(tallies.take(Date.now()))
      .catch((error: unknown) => warn(`what NATS refused could not be journaled: ${String(error)}`))
  }
  const timer = setInterval(tell, 1_000)
  try {
    for await (const batch of refusals) {
      tallies.add(batch)
      tell()
    }
  } finally {
    clearInterval(timer)
  }
}
