/** What a server's error body says, whatever its dialect. */
export interface FaultBody {
  message: string
  code: string
  type: string
  /** Which parameter was refused, where the server names it. */
  param: string
  /** Prompt tokens and window, where a context error carries them. */
  promptTokens?: number
  contextTokens?: number
  /** True when it was JSON in some API's form, not a page or plain text. */
  structured: boolean
}

const MAX_MESSAGE = 500

/**
 * Reads the error forms in use: `{error: {message, code, type}}` (OpenAI), `{error: "text"}` (Ollama,
 * where newer versions put llama-server's whole JSON inside that text), `[{error}]` (Gemini),
 * `{message, code}` and `{detail}` (vLLM), pages and plain text (proxies).
 */
export function parseFaultBody(body: string): FaultBody {
  const value = parseJson(body)
  if (value === undefined) return { ...EMPTY, message: shorten(stripMarkup(body)), structured: false }
  const outer = asRecord(Array.isArray(value) ? value[0] : value)
  const inner = outer.error ?? outer.detail ?? outer
  if (typeof inner === 'string') {
    const nested = parseJson(inner)
    if (typeof nested === 'object' && nested !== null) return parseFaultBody(inner)
    return { ...EMPTY, message: shorten(inner), structured: true }
  }
  const fault = asRecord(inner)
  const message = fault.message ?? outer.message ?? JSON.stringify(inner)
  return {
    message: shorten(typeof message === 'string' ? message : JSON.stringify(message)),
    code: toText(fault.code),
    type: toText(fault.type ?? fault.status),
    param: toText(fault.param),
    ...(typeof fault.n_prompt_tokens === 'number' && { promptTokens: fault.n_prompt_tokens }),
    ...(typeof fault.n_ctx === 'number' && { contextTokens: fault.n_ctx }),
    structured: true,
  }
}

const EMPTY = { message: '', code: '', type: '', param: '' }

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function toText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function stripMarkup(text: string): string {
  return text
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function shorten(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}…`
}
