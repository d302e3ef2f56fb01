import { SandboxError } from '@bailiwick/contract/world'
import type { ToChild, ToParent } from '../frames/frame.ts'

/** Why a box ended, unless we closed it. */
export type BoxEnd = { reason: 'timeout' | 'out-of-memory' | 'canceled' | 'crashed'; message: string }

/** A frame as the session receives it: the parts of a long text are joined. */
export type BoxFrame = Exclude<ToParent, { type: 'part' }>

/** Limits on a box while its guest runs. */
export interface WatchLimits {
  /** Time from now until the box is killed, ms. */
  wallMs: number
  /** CPU time from now until the box is killed, ms. */
  cpuMs: number
  residentMb: number
}

/** Holds one world: a child process. */
export interface Box {
  /** False once the box has ended for any reason. */
  readonly alive: boolean
  send(frame: ToChild): void
  /** Sets the only listener: the current step, or the opening of the world. */
  listen(listener: { frame(frame: BoxFrame): void; ended(end: BoxEnd): void }): void
  /** Sets the longest text that the box may send in parts, in characters. */
  allow(maxText: number): void
  /** Watches these limits while the guest runs. Undefined stops watching. */
  watch(limits: WatchLimits | undefined): void
  /** Ends the box at once and notifies the listener. */
  kill(end: BoxEnd): void
  /** Ends the box without notifying the listener. */
  close(): Promise<void>
}

/** A child died although it ran no new code. Another child can rebuild its world. */
export class BoxDied extends SandboxError {}
