import { BailiwickError } from './bailiwick-error.ts'

/** The sandbox itself failed: it could not start, or a world could not be rebuilt. */
export class SandboxError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('sandbox', message, options)
  }
}
