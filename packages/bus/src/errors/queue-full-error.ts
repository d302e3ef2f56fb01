import { BailiwickError } from '@bailiwick/contract'

/** The queue has its maximum of tasks. Try again later, or raise the limit. */
export class QueueFullError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('queue-full', message, options)
  }
}
