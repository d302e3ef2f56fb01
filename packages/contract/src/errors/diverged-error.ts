import { BailiwickError } from './bailiwick-error.ts'

/**
 * A replay asked for something else than the journal says. Nothing goes on in that world. `recorded` and
 * `replayed` are the two sides in words, `step` and `turn` the place, where they are known.
 */
export class DivergedError extends BailiwickError {
  readonly recorded: string | undefined
  readonly replayed: string | undefined
  readonly step: number | undefined
  readonly turn: number | undefined

  constructor(
    message: string,
    options: ErrorOptions & { recorded?: string; replayed?: string; step?: number; turn?: number } = {},
  ) {
    super('diverged', message, options)
    this.recorded = options.recorded
    this.replayed = options.replayed
    this.step = options.step
    this.turn = options.turn
  }
}
