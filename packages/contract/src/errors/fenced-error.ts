import { BailiwickError } from './bailiwick-error.ts'

/** Somebody else has appended to this journal since: its task was taken over. */
export class FencedError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('fenced', message, options)
  }
}
