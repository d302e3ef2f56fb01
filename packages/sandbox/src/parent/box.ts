import { SandboxError } from '@bailiwick/contract/world'
import type { ToChild, ToParent } from '../frames/frame.ts'

/** Why a box ended, unless we closed it. */
export type BoxEnd = { reason: 'timeout' | 'out-of-memory' | 'canceled' | 'crashed'; message: string }

/** A frame as the session receives it, with the parts of a long text joined. */
export type BoxFrame = Exclude<ToParent, { type: 'ready' | 'part' | 'stopped' }>

/** Limits on a box. Beyond any of them, it is killed. */
export interface WatchLimits {
  /** Time from now, ms. Infinity while the guest waits for calls, and between two steps. */
  wallMs: number
  /** CPU time, ms. */
  cpuMs: number
  residentMb: number
  /** Restarts the count of CPU time. Otherwise it continues from the last limits with `fresh`. */
  fresh?: true
}

export interface BoxListener {
  frame(frame: BoxFrame): void
  ended(end: BoxEnd): void
}

/** Holds one world: a child process. */
export interface Box {
  /** False once the box has ended for any reason. */
  readonly alive: boolean
  send(frame: ToChild): void
  /**
   * Sets the only listener: the current step, or the opening of the world. Without one, any frame breaks the protocol
   * and ends the box.
   */
  listen(listener: BoxListener | undefined): void
  /** Sets the longest text that the box may send in parts, in characters. */
  allow(maxText: number): void
  /** Replaces the limits. A box is always watched. */
  watch(limits: WatchLimits): void
  /** Ends the box at once and notifies the listener. */
  kill(end: BoxEnd): void
  /** Ends the box without notifying the listener. */
  close(): Promise<void>
}

/** A child died although it ran no new code. Another child can rebuild its world. */
export class BoxDied extends SandboxError {}
