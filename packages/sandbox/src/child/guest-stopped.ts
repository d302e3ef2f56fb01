/** The engine stopped guest code: the turn under way never happened, and this world is over. */
export class GuestStopped extends Error {
  readonly reason: 'timeout' | 'out-of-memory' | 'crashed'

  constructor(reason: 'timeout' | 'out-of-memory' | 'crashed', message: string) {
    super(message)
    this.name = 'GuestStopped'
    this.reason = reason
  }
}
