import { BailiwickError } from './bailiwick-error.ts'

/** A budget is spent. `limit` names which: `steps`, `tokens`, `cost`, `wallMs` or `calls`. */
export class ExhaustedError extends BailiwickError {
  readonly limit: string

  constructor(limit: string, message: string, options?: ErrorOptions) {
    super('exhausted', message, options)
    this.limit = limit
  }
}
