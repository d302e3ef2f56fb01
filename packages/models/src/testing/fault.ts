/** The form in which a server asks clients to wait. */
export type RetryAfterForm = 'seconds' | 'date' | 'milliseconds'

/** A fault of one response. Byte counts refer to the body as it is sent. */
export type Fault =
  /** An error response. `form` is the form of `retryAfterMs`; a date is rounded up to whole seconds. */
  | {
      kind: 'status'
      status: number
      message?: string
      code?: string
      retryAfterMs?: number
      form?: RetryAfterForm
    }
  /** Destroys the socket after this many bytes. */
  | { kind: 'cut'; afterBytes: number }
  /** Ends the body properly after this many bytes. */
  | { kind: 'end'; afterBytes: number }
  /** Sends nothing after this many bytes and keeps the socket open. 0 sends no headers either. */
  | { kind: 'stall'; afterBytes: number }
  /** Delays the whole response. */
  | { kind: 'slow-first-byte'; ms: number }
  /** Breaks the JSON of a chunk in the middle. */
  | { kind: 'malformed-json' }
  /** Sends bytes of another protocol. */
  | { kind: 'garbage' }
  /** Sends an HTML page, as a proxy or a wrong address does. */
  | { kind: 'html'; status: number }
  /** Sends a well-formed reply without content. */
  | { kind: 'empty' }
  /** OpenAI: sends `choices: []`. */
  | { kind: 'no-choices' }
  /** Sends status 200 and an empty body. */
  | { kind: 'no-body' }
  /** Sends the right body with another content type. */
  | { kind: 'wrong-content-type' }
  /** Sends every chunk byte by byte, which splits characters. The response is valid. */
  | { kind: 'split-utf8' }
  /** Sends an error object in the middle of a stream. */
  | { kind: 'error-in-stream'; message: string }
  /** Destroys the socket before any response. */
  | { kind: 'reset' }
  /** Answers a request with tools with 400 "does not support tools". */
  | { kind: 'no-tools' }

/** The header that asks clients to wait. */
export function retryAfterHeader(ms: number, form: RetryAfterForm = 'seconds'): Record<string, string> {
  if (form === 'milliseconds') return { 'retry-after-ms': String(ms) }
  if (form === 'date')
    return { 'retry-after': new Date(Math.ceil((Date.now() + ms) / 1000) * 1000).toUTCString() }
  return { 'retry-after': String(ms / 1000) }
}
