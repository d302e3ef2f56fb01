import { ModelError } from '@bailiwick/contract'
import { isModelError } from '../is-model-error.ts'
import { type Asked, readStreamFault } from '../wire/server-errors.ts'

/** Names what the `ollama` client threw for its own reasons: the exchange has named everything else. */
export function toModelError(asked: Asked, error: unknown): ModelError {
  if (isModelError(error)) return error.code === 'model-unknown' ? notPulled(asked, error) : error
  const reason = error instanceof Error ? error.message : String(error)
  if (/^Did not receive done/.test(reason)) {
    return new ModelError(
      'model-cut',
      `${asked.model} at ${asked.url} ended its stream before the reply was whole.`,
    )
  }
  if (error instanceof SyntaxError || error instanceof TypeError) {
    return new ModelError(
      'model-malformed',
      `${asked.model} at ${asked.url} sent something that cannot be read: ${reason}`,
      {
        cause: error,
      },
    )
  }
  // An `error` line inside a stream: the client throws a plain Error with its text.
  return readStreamFault(asked, reason)
}

function notPulled(asked: Asked, error: ModelError): ModelError {
  const name = asked.model.slice(asked.model.indexOf('/') + 1)
  return new ModelError(
    'model-unknown',
    `${asked.model} is not on the server at ${asked.url}: run "ollama pull ${name}".`,
    {
      cause: error,
      status: 404,
    },
  )
}
