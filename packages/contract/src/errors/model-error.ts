import { BailiwickError } from './bailiwick-error.ts'

/** Why a model gave no usable reply. The models package decides which of them to retry. */
export type ModelErrorCode =
  | 'model-auth'
  | 'model-unknown'
  | 'model-quota'
  | 'model-rate-limit'
  | 'model-overloaded'
  | 'model-server'
  | 'model-unreachable'
  | 'model-timeout'
  | 'model-cut'
  | 'model-empty'
  | 'model-malformed'
  | 'model-not-an-api'
  | 'model-context'
  | 'model-refused'
  | 'model-no-tools'
  | 'model-script'
  | 'model-replay-miss'

/** A model call failed. `retryAfterMs` is the pause that the server asked for. */
export class ModelError extends BailiwickError {
  declare readonly code: ModelErrorCode
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined

  constructor(
    code: ModelErrorCode,
    message: string,
    options: ErrorOptions & { status?: number; retryAfterMs?: number } = {},
  ) {
    super(code, message, options)
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
  }
}

/** True for a {@link ModelError}, even from another installed copy of this package. */
export function isModelError(value: unknown): value is ModelError {
  return BailiwickError.isInstance(value) && value.code.startsWith('model-')
}
