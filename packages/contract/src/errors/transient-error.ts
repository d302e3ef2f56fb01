import { BailiwickError } from './bailiwick-error.ts'

/**
 * A tool failed for a reason that may go away: its service is busy or restarts. The host calls the tool again under the
 * same key, unless its effect is `once`. Throw it from a tool's `run`; hosts in other languages reply with the code
 * `transient` and, if they know it, `retryAfterMs`.
 *
 * @example
 * throw new TransientError('the warehouse is busy', { retryAfterMs: 2_000 })
 */
export class TransientError extends BailiwickError {
  /** How long to wait before the next attempt, ms. If absent, the host chooses. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super('transient', message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}
