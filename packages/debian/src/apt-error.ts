const MARKER: unique symbol = Symbol.for('bailiwick-apt-error')

/** Why apt could not serve: no apt, no mirror, no network, no such package. An abort throws the signal's own reason. */
export class AptError extends Error {
  /** Survives two installed copies of this package, where `instanceof` does not. */
  readonly [MARKER] = true

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'AptError'
  }

  static isInstance(error: unknown): error is AptError {
    return error instanceof Error && MARKER in error
  }
}
