/** What one child process may use. Each limit that is reached kills it. */
export interface ChildLimits {
  /** Milliseconds of wall time, start included. */
  timeMs: number
  /**
   * Bytes of resident memory, those of the runtime (about 45 MB) included. Looked at on Linux; elsewhere
   * only the JavaScript heap, which is half of it, is bounded.
   */
  memoryBytes: number
  /** Bytes of the reply, as JSON. */
  replyBytes: number
}
