import { ModelError } from '@bailiwick/core/contract'
import { isModelError } from '../is-model-error.ts'
import { type Asked, readStreamFault } from '../wire/read-fault.ts'

/** Names what the `openai` client threw for its own reasons: the exchange has named everything else. */
export function toModelError(asked: Asked, error: unknown): ModelError {
  if (isModelError(error)) return error
  // An `error` object inside a stream: the client throws an APIError without status.
  if (error instanceof Error && 'error' in error && error.error) return readStreamFault(asked, error.error)
  const reason = error instanceof Error ? error.message : String(error)
  return new ModelError(
    'model-malformed',
    `${asked.model} at ${asked.url} sent something that cannot be read: ${reason}`,
    {
      cause: error,
    },
  )
}
