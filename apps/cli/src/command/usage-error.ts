import { BailiwickError } from '@bailiwick/contract/world'

/** The command line is not usable. */
export class UsageError extends BailiwickError {
  constructor(message: string) {
    super('bad-usage', message)
  }
}
