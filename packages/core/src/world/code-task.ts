import type { CallOutcome, CallRequest, JournalRecord, Sandbox } from '@bailiwick/contract'
import type { TaskState } from '../journal/task-state.ts'
import type { WorldOptions } from './recorded-world.ts'

/** What a world is given by whoever works on its task. */
export interface CodeTask extends WorldOptions {
  readonly sandbox: Sandbox | undefined
  /** The task so far. Kept up to date by `record`. */
  readonly state: TaskState
  readonly signal: AbortSignal
  /** Unix milliseconds. */
  now(): number
  /** Takes a record into the state and queues it for the journal. */
  record(record: JournalRecord): void
  /** Resolves when all that was recorded is acknowledged. */
  flushed(): Promise<void>
  /** Makes a call that the code asked for. Never rejects. */
  call(request: CallRequest, signal: AbortSignal): Promise<CallOutcome>
  /** A console line, as it is printed. */
  printed(step: number, line: string): void
}
