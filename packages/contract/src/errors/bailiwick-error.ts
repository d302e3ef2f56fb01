const MARK = Symbol.for('bailiwick.error')

/**
 * Base class of all errors of Bailiwick. `code` is stable and machine-readable. The message says what was expected,
 * what was found, and what to do.
 */
export class BailiwickError extends Error {
  readonly code: string
  readonly [MARK] = true

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }

  /** True for every Bailiwick error, even from another installed copy of this package. */
  static isInstance(value: unknown): value is BailiwickError {
    return typeof value === 'object' && value !== null && MARK in value
  }
}

/** True for a Bailiwick error with this code, even from another installed copy of this package. */
export function hasCode(value: unknown, code: string): value is BailiwickError {
  return BailiwickError.isInstance(value) && value.code === code
}
