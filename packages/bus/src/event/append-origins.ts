import type { JournalRecord } from '@bailiwick/contract'
import type { Bus } from '../connect/bus.ts'
import type { JournalAppend } from '../journal/follow-journal.ts'
import { resolveMessage } from '../journal/resolve-message.ts'
import { COORDINATOR, STREAMS } from '../protocol/places.ts'
import { type AppendOrigin, type TaskFacts, taskFacts } from '../protocol/project-events.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { persist } from '../publish/persist.ts'

/** Journals and runs to remember. Facts about older ones are read again. */
const MAX_REMEMBERED = 10_000
/** Invalid messages to skip while looking for a journal's first record. */
const MAX_FOREIGN = 20

/**
 * Whose run an append belongs to and who works on its task. The owner comes from the run's own journal, which only
 * the coordinator can write: a host may write anything into journals of its own.
 */
export class AppendOrigins {
  readonly #bus: Bus
  readonly #signal: AbortSignal
  /** Owners by run. */
  readonly #owners = new Map<string, string>()
  /** Facts by the journal's subject. */
  readonly #facts = new Map<string, TaskFacts | undefined>()

  constructor(bus: Bus, signal: AbortSignal) {
    this.#bus = bus
    this.#signal = signal
  }

  async of(append: JournalAppend): Promise<AppendOrigin> {
    const owner = await this.#ownerOf(append)
    const facts = await this.#factsOf(append)
    return { owner, ...(facts !== undefined && { facts }) }
  }

  async #ownerOf({ writer, run, task, sequence, records }: JournalAppend): Promise<string> {
    const submitted = writer === COORDINATOR && task === 'run' ? ownerIn(records) : undefined
    const known = submitted ?? this.#owners.get(run) ?? (await this.#readOwner(run, sequence))
    remember(this.#owners, run, known)
    return known
  }

  /** Reads the owner of a run that was submitted before this sequence. Other runs belong to the coordinator. */
  async #readOwner(run: string, before: number): Promise<string> {
    const first = await this.#firstAppend(SUBJECTS.journal(COORDINATOR, run, 'run'))
    // Ignore a later submission: every projection of the same append must give the same events.
    const owner = first !== undefined && first.sequence < before ? ownerIn(first.records) : undefined
    return owner ?? COORDINATOR
  }

  async #factsOf({ writer, run, task, records }: JournalAppend): Promise<TaskFacts | undefined> {
    const subject = SUBJECTS.journal(writer, run, task)
    const here = taskFacts(records)
    if (here === undefined && this.#facts.has(subject)) return this.#facts.get(subject)
    const facts = here ?? taskFacts((await this.#firstAppend(subject))?.records ?? [])
    remember(this.#facts, subject, facts)
    return facts
  }

  async #firstAppend(subject: string): Promise<{ sequence: number; records: JournalRecord[] } | undefined> {
    // One request per message: creating a consumer takes ten times as long.
    for (let seq = 1, skipped = 0; skipped < MAX_FOREIGN; skipped += 1) {
      const message = await persist(this.#bus, `reading ${subject}`, this.#signal, () =>
        // The client's type lacks the combination of a sequence and a subject, which the server accepts.
        this.#bus.jsm.streams.getMessage(STREAMS.journal, { seq, next_by_subj: subject } as { seq: number }),
      )
      if (message === null) return undefined
      const { records, foreign } = await resolveMessage(this.#bus, undefined, message.string())
      if (!foreign) return { sequence: message.seq, records }
      seq = message.seq + 1
    }
    return undefined
  }
}

function ownerIn(records: readonly JournalRecord[]): string | undefined {
  return records.find((record) => record.type === 'run.submitted')?.owner
}

function remember<T>(known: Map<string, T>, key: string, value: T): void {
  known.set(key, value)
  const oldest = known.size > MAX_REMEMBERED ? known.keys().next().value : undefined
  if (oldest !== undefined) known.delete(oldest)
}
