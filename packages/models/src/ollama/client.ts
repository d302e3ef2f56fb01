import { errorText, isModelError, ModelError } from '@bailiwick/contract'
import type { Ollama } from 'ollama'
import { type Endpoint, malformedError, streamError, unexpected } from '../wire/server-errors.ts'

/**
 * Opens a client for one exchange. The library takes no signal, and its `abort()` ends every request of the client at
 * once, except those whose headers have not arrived. The library is loaded at the first call.
 */
export async function openClient(host: string, send: typeof fetch): Promise<Ollama> {
  const { Ollama } = await import('ollama')
  return new Ollama({ host, fetch: send })
}

/** Translates what the client threw for reasons of its own. The exchange has translated everything else. */
export function toModelError(endpoint: Endpoint, error: unknown): ModelError {
  if (isModelError(error)) return error.code === 'model-unknown' ? notInstalled(endpoint, error) : error
  const reason = errorText(error)
  if (/^Did not receive done/.test(reason)) {
    return unexpected(endpoint, 'model-cut', 'a complete reply', 'the end of the stream before it')
  }
  if (error instanceof SyntaxError || error instanceof TypeError) {
    return malformedError(endpoint, 'a chat response', `unreadable data (${reason})`, { cause: error })
  }
  // The client throws a plain Error with the text of an `error` line inside a stream.
  return streamError(endpoint, reason)
}

function notInstalled(endpoint: Endpoint, cause: ModelError): ModelError {
  const name = endpoint.model.slice(endpoint.model.indexOf('/') + 1)
  return new ModelError(
    'model-unknown',
    `Expected ${name} on the Ollama server at ${endpoint.url}, but it is not installed there. Run "ollama pull ${name}".`,
    { cause, status: 404 },
  )
}
