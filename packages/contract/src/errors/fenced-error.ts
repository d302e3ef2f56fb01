import { BailiwickError } from './bailiwick-error.ts'

/** Another writer appended to the journal, because another host took over the task. */
export class FencedError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('fenced', message, options)
  }
}
