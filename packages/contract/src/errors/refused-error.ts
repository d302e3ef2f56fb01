import { BailiwickError } from './bailiwick-error.ts'

/** The gate or a grant does not allow a call. */
export class RefusedError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('refused', message, options)
  }
}
