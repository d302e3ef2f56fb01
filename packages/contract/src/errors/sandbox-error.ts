import { BailiwickError } from './bailiwick-error.ts'

/** The sandbox failed: it could not start, or it could not rebuild a world. */
export class SandboxError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('sandbox', message, options)
  }
}
