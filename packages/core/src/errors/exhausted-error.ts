import { BailiwickError } from './bailiwick-error.ts'

/** A budget is spent. */
export class ExhaustedError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('exhausted', message, options)
  }
}
