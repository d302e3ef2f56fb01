import type { CallOutcome, CallRequest, CallWait, JournalRecord, Sandbox } from '@bailiwick/contract'
import type { TaskWorld } from '../journal/task-world.ts'

/** What a world needs besides the journal. Every process that opens the world must pass the same. */
export interface WorldOptions {
  /** Values of inputs that the journal holds only by reference. */
  inputs?: Record<string, unknown> | undefined
  /** Folder that the code's imports resolve from. */
  importsFrom?: string | undefined
}

/** What a world needs from the host that works on its task. */
export interface CodeTask extends WorldOptions {
  readonly sandbox: Sandbox | undefined
  /** The task so far. `record` must apply each record to it. */
  readonly state: TaskWorld
  readonly signal: AbortSignal
  /** Unix milliseconds. */
  now(): number
  /** Applies a record to the state and queues it for the journal. */
  record(record: JournalRecord): void
  /** Resolves when every recorded record is acknowledged. */
  flushed(): Promise<void>
  /** Makes a call for the code. Never rejects. */
  call(request: CallRequest, signal: AbortSignal, wait?: CallWait): Promise<CallOutcome>
  /** Receives each console line when the code prints it. */
  printed(step: number, line: string): void
}
