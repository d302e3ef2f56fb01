import { BailiwickError } from './bailiwick-error.ts'

/** A budget is exhausted. `limit` is `steps`, `tokens`, `cost`, `wallMs`, `calls` or `deadline`. */
export class ExhaustedError extends BailiwickError {
  readonly limit: string | undefined

  constructor(message: string, options: ErrorOptions & { limit?: string } = {}) {
    super('exhausted', message, options)
    this.limit = options.limit
  }
}
