import { BailiwickError } from '@bailiwick/contract'

/** Why a child process gave no reply. */
export type ChildErrorCode =
  /** It took longer than it may, and was killed. */
  | 'child-timeout'
  /** It used more memory than it may, and was killed. */
  | 'child-memory'
  /** It ended without a reply. */
  | 'child-crashed'
  /** Its reply is larger than it may. */
  | 'child-reply'

/** Work in a child process was stopped by one of its limits, or the process died. */
export class ChildError extends BailiwickError {
  declare readonly code: ChildErrorCode

  constructor(code: ChildErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options)
  }
}
