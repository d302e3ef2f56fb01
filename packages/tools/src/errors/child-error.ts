import { BailiwickError } from '@bailiwick/contract'

/** Why a child process gave no answer. */
export type ChildErrorCode =
  /** It took longer than it may, and was killed. */
  | 'child-timeout'
  /** It used more memory than it may, and was killed. */
  | 'child-memory'
  /** It ended without an answer. */
  | 'child-crashed'
  /** It answered more than it may. */
  | 'child-answer'

/** Work in a child process was stopped by one of its limits, or the process died. */
export class ChildError extends BailiwickError {
  declare readonly code: ChildErrorCode

  constructor(code: ChildErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
