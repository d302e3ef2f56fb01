import { BailiwickError, type ModelError } from '@bailiwick/contract'

/** True for a {@link ModelError}, also from another installed copy of core. */
export function isModelError(value: unknown): value is ModelError {
  return BailiwickError.isInstance(value) && value.code.startsWith('model-')
}
