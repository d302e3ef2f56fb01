import { BailiwickError } from './bailiwick-error.ts'

/** What somebody passed in (a file, an option, a configuration, a message) is not usable. */
export class InputError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('bad-input', message, options)
  }
}
