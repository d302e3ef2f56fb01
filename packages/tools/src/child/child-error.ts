import { BailiwickError } from '@bailiwick/contract'

/** Why a child process gave no result. */
export type ChildErrorCode =
  /** It ran longer than its limit and was killed. */
  | 'child-timeout'
  /** It used more memory than its limit and was killed. */
  | 'child-memory'
  /** It ended without a reply. */
  | 'child-crashed'
  /** Its reply was larger than its limit. */
  | 'child-reply'

/** A child process reached one of its limits, or died. */
export class ChildError extends BailiwickError {
  declare readonly code: ChildErrorCode

  constructor(code: ChildErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
