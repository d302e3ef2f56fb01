import { parseJson } from '@bailiwick/contract'

/** The content of a server's error body, in one form for all dialects. Unknown texts are empty. */
export interface ErrorBody {
  message: string
  code: string
  type: string
  /** The parameter that the server refused. */
  param: string
  /** The prompt's size in tokens, from a context error. */
  promptTokens?: number
  /** False for an HTML page or plain text. */
  structured: boolean
}

const MAX_MESSAGE = 500

/**
 * Reads the error forms in use: `{error: {message, code, type}}` (OpenAI), `{error: "text"}` (Ollama, whose newer
 * versions put llama-server's whole JSON inside that text), `[{error}]` (Gemini), `{message, code}` and `{detail}`
 * (vLLM), HTML pages and plain text (proxies).
 */
export function parseErrorBody(body: string): ErrorBody {
  const value = parseJson(body)
  if (value === undefined) return { ...EMPTY, message: shorten(stripMarkup(body)), structured: false }
  const outer = asRecord(Array.isArray(value) ? value[0] : value)
  const inner = outer.error ?? outer.detail ?? outer
  if (typeof inner === 'string') {
    const nested = parseJson(inner)
    if (typeof nested === 'object' && nested !== null) return parseErrorBody(inner)
    return { ...EMPTY, message: shorten(inner), structured: true }
  }
  const error = asRecord(inner)
  const message = error.message ?? outer.message ?? JSON.stringify(inner)
  return {
    message: shorten(typeof message === 'string' ? message : JSON.stringify(message)),
    code: toText(error.code),
    type: toText(error.type ?? error.status),
    param: toText(error.param),
    ...(typeof error.n_prompt_tokens === 'number' && { promptTokens: error.n_prompt_tokens }),
    structured: true,
  }
}

const EMPTY = { message: '', code: '', type: '', param: '' }

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
