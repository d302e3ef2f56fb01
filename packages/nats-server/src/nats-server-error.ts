const MARKER: unique symbol = Symbol.for('nats-server-error')

/** Why an operation of this package failed. Stable: callers may switch on it. */
export type NatsServerErrorCode =
  | 'binary-not-found'
  | 'binary-unusable'
  | 'binary-too-old'
  | 'fetch-failed'
  | 'checksum-mismatch'
  | 'port-taken'
  | 'store-locked'
  | 'start-failed'
  | 'not-running'
  | 'bad-state'
  | 'bad-argument'

/**
 * What every function of this package throws when it cannot do what was asked
 * (an abort throws the signal's own reason instead).
 *
 * The message says what was wanted, what was found and what to do next.
 *
 * @example
 * ```ts
 * try {
 *   await startNatsServer({ dataDir, port: 4222 })
 * } catch (error) {
 *   if (NatsServerError.isInstance(error) && error.code === 'port-taken') console.error(error.message)
 *   else throw error
 * }
 * ```
 */
export class NatsServerError extends Error {
  readonly code: NatsServerErrorCode
  /** Survives two installed copies of this package, where `instanceof` does not. */
  readonly [MARKER] = true

  constructor(code: NatsServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NatsServerError'
    this.code = code
  }

  static isInstance(error: unknown): error is NatsServerError {
    return error instanceof Error && MARKER in error
  }
}
