import { ModelError, type ModelErrorCode } from '@bailiwick/contract'
import { parseFaultBody } from './error-body.ts'
import { conceal } from './redact.ts'
import { readRetryAfter } from './retry-after.ts'

/** Who was asked, for messages. */
export interface Asked {
  /** `provider/model`. */
  model: string
  /** Address without query or credentials. */
  url: string
  /** What it was asked with: never repeated in a message. */
  keys?: readonly string[]
}

/** Names the cause of a response that is not 2xx. */
export function readFault(asked: Asked, status: number, headers: Headers, body: string): ModelError {
  const fault = parseFaultBody(conceal(body, asked.keys ?? []))
  const code = faultCode(status, fault)
  const said =
    fault.message === '' ? `no explanation (status ${status})` : `"${fault.message}" (status ${status})`
  const retryAfterMs = readRetryAfter(headers)
  return new ModelError(
    code,
    `${asked.model} at ${asked.url} answered ${said}. ${ADVICE[code] ?? ''}`.trimEnd(),
    {
      status,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  )
}

/** Names the cause of an error that a server sent inside a stream that had begun well. */
export function readStreamFault(asked: Asked, said: unknown): ModelError {
  const text = typeof said === 'string' ? said : JSON.stringify({ error: said })
  const fault = parseFaultBody(conceal(text, asked.keys ?? []))
  const code = faultCode(Number(fault.code) || 500, fault)
  return new ModelError(
    code,
    `${asked.model} at ${asked.url} broke off: "${fault.message}". ${ADVICE[code] ?? ''}`.trimEnd(),
  )
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
const TOO_BIG = /more system memory|out of memory|cudaMalloc/i

function faultCode(status: number, fault: ReturnType<typeof parseFaultBody>): ModelErrorCode {
  const all = `${fault.code} ${fault.type} ${fault.message}`
  if (status === 402 || QUOTA.test(all)) return 'model-quota'
  if (status === 429) return 'model-rate-limit'
  if (status < 500 || status === 500) {
    if (CONTEXT.test(all)) return 'model-context'
    if (NO_TOOLS.test(all)) return 'model-no-tools'
  }
  if (status === 500 && TOO_BIG.test(all)) return 'model-refused'
  if (status === 503 || status === 529 || status === 409 || status === 425) return 'model-overloaded'
  if (status >= 500) return 'model-server'
  if (status === 408) return 'model-timeout'
  if (FILTERED.test(all)) return 'model-refused'
  if (status === 401 || status === 403) return 'model-auth'
  if (NO_MODEL.test(all)) return 'model-unknown'
  // A 404 that is not in an API's form is some other server's: the address is wrong, not the model.
  if (status === 404) return fault.structured ? 'model-unknown' : 'model-not-an-api'
  return status < 400 ? 'model-not-an-api' : 'model-refused'
}

const ADVICE: Partial<Record<ModelErrorCode, string>> = {
  'model-auth': 'Check the API key and what it may use.',
  'model-quota': 'The account has no credit left: top it up or choose another model.',
  'model-unknown': 'Check the model name; `bailiwick models` lists what is reachable.',
  'model-not-an-api': 'Check the base URL: it usually ends in /v1.',
  'model-context': 'The prompt does not fit: shorten the task or choose a model with a longer context.',
}
