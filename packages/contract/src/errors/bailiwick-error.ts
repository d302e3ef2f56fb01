const MARK = Symbol.for('bailiwick.error')

/**
 * Base of every error that Bailiwick throws. `code` is stable and machine-readable; the message says
 * what was wanted, what came, and what to do.
 */
export class BailiwickError extends Error {
  readonly code: string
  readonly [MARK] = true

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }

  /** True for every Bailiwick error, also from another installed copy of this package. */
  static isInstance(value: unknown): value is BailiwickError {
    return typeof value === 'object' && value !== null && MARK in value
  }
}

/** True for a Bailiwick error with this code, also from another installed copy. */
export function hasCode(value: unknown, code: string): value is BailiwickError {
  return BailiwickError.isInstance(value) && value.code === code
}
