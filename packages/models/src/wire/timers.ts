/** How long one attempt may take, in milliseconds. */
export interface Timers {
  /** From sending the request to the first byte of the body. Node's own limit is 300,000. */
  firstByteMs: number
  /** Between two chunks of the body. A server's keep-alive comments count as chunks. */
  idleMs: number
  /** The whole attempt. */
  totalMs: number
}

/** Patient enough for a local model that has to be loaded first. */
export const DEFAULT_TIMERS: Timers = Object.freeze({
  firstByteMs: 240_000,
  idleMs: 60_000,
  totalMs: 600_000,
})
