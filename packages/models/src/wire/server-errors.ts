import { ModelError, type ModelErrorCode } from '@bailiwick/contract'
import { type ErrorBody, parseErrorBody } from './error-body.ts'
import { redact } from './redact.ts'
import { readRetryAfter } from './retry-after.ts'

/** The model and server that a request goes to. Error messages name them. */
export interface Endpoint {
  /** `provider/model`. */
  model: string
  /** The server's address, without query and credentials. */
  url: string
  /** The keys in the request's headers. No message may repeat them. */
  keys?: readonly string[]
}

/** The error for a response with a status other than 2xx. */
export function statusError(endpoint: Endpoint, status: number, headers: Headers, body: string): ModelError {
  const error = parseErrorBody(redact(body, endpoint.keys ?? []))
  const retryAfterMs = readRetryAfter(headers)
  const found = error.message === '' ? `status ${status}` : `status ${status}: "${error.message}"`
  return unexpected(endpoint, codeOf(status, error), 'a reply', found, {
    status,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

/** The error for an error object inside a stream that began well, or in place of a completion under status 200. */
export function streamError(endpoint: Endpoint, sent: unknown): ModelError {
  const text = typeof sent === 'string' ? sent : JSON.stringify({ error: sent })
  const error = parseErrorBody(redact(text, endpoint.keys ?? []))
  const code = codeOf(Number(error.code) || 500, error)
  return unexpected(endpoint, code, 'a complete reply', `an error: "${error.message}"`)
}

/** The error for a request without any response. */
export function unreachableError(endpoint: Endpoint, cause: unknown): ModelError {
  return new ModelError(
    'model-unreachable',
    `Cannot reach ${endpoint.model} at ${endpoint.url} (${innermostReason(cause)}). Check that the server is running and that the address is right.`,
    { cause },
  )
}

/** The error for a connection that closed in the middle of the body. */
export function cutError(endpoint: Endpoint, cause: unknown): ModelError {
  const found = `a closed connection in the middle of it (${innermostReason(cause)})`
  return unexpected(endpoint, 'model-cut', 'a complete reply', found, { cause })
}

/** The error for data that is not what the protocol prescribes. `expected` names that. */
export function malformedError(
  endpoint: Endpoint,
  expected: string,
  found: string,
  options?: ErrorOptions,
): ModelError {
  return unexpected(endpoint, 'model-malformed', expected, found.slice(0, MAX_FOUND), options)
}

const MAX_FOUND = 200

/** An error whose message says what was expected from the server, what it sent, and what to do. */
export function unexpected(
  endpoint: Endpoint,
  code: ModelErrorCode,
  expected: string,
  found: string,
  options?: ConstructorParameters<typeof ModelError>[2],
): ModelError {
  const message = `Expected ${expected} from ${endpoint.model} at ${endpoint.url}, got ${found}. ${ADVICE[code] ?? ''}`
  return new ModelError(code, message.trimEnd(), options)
}

const ADVICE: Partial<Record<ModelErrorCode, string>> = {
  'model-auth': 'Check the API key and its permissions.',
  'model-quota': 'The account has no credit left: add credit or choose another model.',
  'model-rate-limit': "Try again later, or lower the model's concurrency.",
  'model-overloaded': 'Try again later, or add a fallback.',
  'model-server': "Check the server's log.",
  'model-cut': "Check the server's log and the network.",
  'model-refused': "Check the model's settings, or choose another model.",
  'model-malformed': "Check the base URL and the server's log.",
  'model-empty': "Check the server's log.",
  'model-unknown': 'Check the model name: `bailiwick models` lists the models that can be reached.',
  'model-not-an-api': 'Check the base URL: it usually ends in /v1.',
  'model-context': 'The prompt does not fit: shorten the task or choose a model with a longer context.',
}

const QUOTA =
  /insufficient_quota|billing_hard_limit|billing_not_active|credit balance|insufficient (credits|balance|funds)/i
const CONTEXT =
  /context_length_exceeded|exceed_context_size|maximum context|context (length|size|window)|prompt is too long|too many (input )?tokens/i
const NO_TOOLS =
  /does not support tools|support tool use|tool (choice|calling|calls?) (is|are) not supported|enable-auto-tool-choice/i
const FILTERED = /content_filter|content_policy|content management policy|moderation|flagged/i
const NO_MODEL =
  /model_not_found|model .*(not found|does not exist)|no such model|unknown model|not a valid model/i
const NO_MEMORY = /more system memory|out of memory|cudaMalloc/i

function codeOf(status: number, error: ErrorBody): ModelErrorCode {
  const all = `${error.code} ${error.type} ${error.message}`
  if (status === 402 || QUOTA.test(all)) return 'model-quota'
  if (status === 429) return 'model-rate-limit'
  if (status <= 500) {
    if (CONTEXT.test(all)) return 'model-context'
    if (NO_TOOLS.test(all)) return 'model-no-tools'
  }
  if (status === 500 && NO_MEMORY.test(all)) return 'model-refused'
  if (status === 503 || status === 529 || status === 409 || status === 425) return 'model-overloaded'
  if (status >= 500) return 'model-server'
  if (status === 408) return 'model-timeout'
  if (FILTERED.test(all)) return 'model-refused'
  if (status === 401 || status === 403) return 'model-auth'
  if (NO_MODEL.test(all)) return 'model-unknown'
  // A 404 without an API's error form comes from another kind of server: the address is wrong, not the model.
  if (status === 404) return error.structured ? 'model-unknown' : 'model-not-an-api'
  return status < 400 ? 'model-not-an-api' : 'model-refused'
}

/** The reason inside an error: `fetch failed` says nothing, but its cause does, or the first error of an AggregateError. */
export function innermostReason(error: unknown): string {
  let current = error
  while (current instanceof Error && current.cause instanceof Error) current = current.cause
  if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0]
  if (!(current instanceof Error)) return String(current)
  return 'code' in current && typeof current.code === 'string' ? current.code : current.message
}
