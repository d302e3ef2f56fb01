import { ModelError } from '@bailiwick/contract'
import { isModelError } from '../is-model-error.ts'
import type { Asked } from '../wire/server-errors.ts'

/** Names what the `openai` client threw for its own reasons: the exchange has named everything else. */
export function toModelError(asked: Asked, error: unknown): ModelError {
  if (isModelError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new ModelError(
    'model-malformed',
    `${asked.model} at ${asked.url} sent something that cannot be read: ${reason}`,
    {
      cause: error,
    },
  )
}
