import { BailiwickError } from './bailiwick-error.ts'

/** An agent or tool definition that cannot work: wrong names, levels, grants or imports. */
export class DefinitionError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('bad-definition', message, options)
  }
}
