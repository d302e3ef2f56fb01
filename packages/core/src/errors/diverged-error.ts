import { BailiwickError } from './bailiwick-error.ts'

/** A replay asked for something else than the journal says. Nothing goes on in that world. */
export class DivergedError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('diverged', message, options)
  }
}
