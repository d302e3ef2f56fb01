import { BailiwickError } from './bailiwick-error.ts'

/**
 * A replay asked for something else than the journal says. Nothing goes on in that world. `recorded` and
 * `replayed` are the two sides in words, where they are known.
 */
export class DivergedError extends BailiwickError {
  readonly recorded: string | undefined
  readonly replayed: string | undefined

  constructor(message: string, options: ErrorOptions & { recorded?: string; replayed?: string } = {}) {
    super('diverged', message, options)
    this.recorded = options.recorded
    this.replayed = options.replayed
  }
}
