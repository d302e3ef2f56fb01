import { BailiwickError } from './bailiwick-error.ts'

/** A definition of an agent or tool is invalid: its name, level, grant or imports. */
export class DefinitionError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('bad-definition', message, options)
  }
}
