import type { ToChild, ToParent } from '../frames/frame.ts'

/** Why a box is gone, other than by our own `close`. */
export type BoxEnd = { reason: 'timeout' | 'out-of-memory' | 'canceled' | 'crashed'; message: string }

/** A frame as the session gets it: long texts put together again. */
export type BoxFrame = Exclude<ToParent, { type: 'part' }>

/** One world's place: a child process, or for tests of the loop this process. */
export interface Box {
  /** False once it has ended, whoever ended it. */
  readonly alive: boolean
  send(frame: ToChild): void
  /** One listener: the step under way, or whoever opens the world. */
  listen(listener: { frame(frame: BoxFrame): void; ended(end: BoxEnd): void }): void
  /** Longest text that it may send in parts, characters. */
  allow(maxText: number): void
  /** The guest runs from now on, or no longer: limits are watched meanwhile. */
  watch(limits: WatchLimits | undefined): void
  /** Ends it at once. The listener hears of it. */
  kill(end: BoxEnd): void
  /** Ends it without telling the listener. */
  close(): Promise<void>
}

export interface WatchLimits {
  /** Time from now until it is killed, ms. */
  wallMs: number
  /** CPU time from now, ms. */
  cpuMs: number
  residentMb: number
}
