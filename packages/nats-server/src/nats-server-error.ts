import { BailiwickError } from '@bailiwick/contract/world'

/** Why an operation of this package failed. The codes are stable: callers may switch on them. */
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
 * Every error that this package throws, except aborts, which throw the signal's own reason. The message says
 * what was expected, what was found and what to do.
 *
 * @example
 * ```ts
 * try {
 *   await startNatsServer({ dataDir, port: 4222 })
 * } catch (error) {
 *   if (error instanceof NatsServerError && error.code === 'port-taken') console.error(error.message)
 *   else throw error
 * }
 * ```
 */
export class NatsServerError extends BailiwickError {
  declare readonly code: NatsServerErrorCode

  constructor(code: NatsServerErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
