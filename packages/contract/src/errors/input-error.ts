import { BailiwickError } from './bailiwick-error.ts'

/** An input is invalid: a file, an option, a configuration or a message. */
export class InputError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('bad-input', message, options)
  }
}
