import { BailiwickError } from '@bailiwick/contract'

/** An agent's queue holds as many tasks as it may: try again later, or raise its limit. */
export class QueueFullError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('queue-full', message, options)
  }
}
