import { BailiwickError } from './bailiwick-error.ts'

/** A journal holds something that this version cannot read. */
export class JournalError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('bad-journal', message, options)
  }
}
