import { BailiwickError } from '@bailiwick/contract/world'

/** apt could not provide the package: no apt, no mirror, no network or no such package. */
export class AptError extends BailiwickError {
  constructor(message: string, options?: ErrorOptions) {
    super('apt-failed', message, options)
  }
}
