import { errorText, isModelError, type ModelError } from '@bailiwick/contract'
import type { OpenAI } from 'openai'
import { type Endpoint, malformedError } from '../wire/server-errors.ts'

/** The server and key that a client uses. */
export interface OpenAiAddress {
  baseURL: string
  /** Local servers need none. */
  apiKey?: string | undefined
  headers?: Record<string, string> | undefined
}

/** Opens a client that sends through an exchange. The library is loaded at the first call. */
export async function openClient(address: OpenAiAddress, send: typeof fetch): Promise<OpenAI> {
  const { OpenAI } = await import('openai')
  return new OpenAI({
    // The constructor throws without a key.
    apiKey: address.apiKey || 'none',
    baseURL: address.baseURL,
    // Null keeps the client from reading these from the environment and sending them to other servers.
    organization: null,
    project: null,
    ...(address.headers && { defaultHeaders: address.headers }),
    // Retries and timeouts belong to our own layers. The client's timeout would not cover the body anyway.
    maxRetries: 0,
    timeout: MAX_TIMEOUT,
    fetch: send,
    logLevel: 'off',
  })
}

const MAX_TIMEOUT = 2_147_483_647

/** Translates what the client threw for reasons of its own. The exchange has translated everything else. */
export function toModelError(endpoint: Endpoint, error: unknown): ModelError {
  if (isModelError(error)) return error
  return malformedError(endpoint, 'a chat completion', `unreadable data (${errorText(error)})`, {
    cause: error,
  })
}
