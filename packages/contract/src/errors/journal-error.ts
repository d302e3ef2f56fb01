import { BailiwickError } from './bailiwick-error.ts'

/** This version cannot read a record of a journal. */
export class JournalError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('bad-journal', message, options)
  }
}
