import { BailiwickError } from './bailiwick-error.ts'

/**
 * Replayed code did something other than the journal records, so its world cannot continue. If known, `recorded` and
 * `replayed` describe the difference, and `step` and `turn` the place.
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
