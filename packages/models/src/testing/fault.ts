/** How a server says when to come back. */
export type RetryAfterForm = 'seconds' | 'date' | 'milliseconds'

/** Something that goes wrong with one response. Byte counts are of the body as it is sent. */
export type Fault =
  /** An error response. `retryAfterMs` is sent in the form asked for (a date rounds up to whole seconds). */
  | {
      kind: 'status'
      status: number
      message?: string
      code?: string
      retryAfterMs?: number
      form?: RetryAfterForm
    }
  /** The socket is destroyed after so many bytes. */
  | { kind: 'cut'; afterBytes: number }
  /** The body ends properly after so many bytes, whatever was still to come. */
  | { kind: 'end'; afterBytes: number }
  /** Nothing more comes after so many bytes, and the socket stays open. 0: not even headers. */
  | { kind: 'stall'; afterBytes: number }
  /** The whole response is late. */
  | { kind: 'slow-first-byte'; ms: number }
  /** A chunk in the middle is no JSON. */
  | { kind: 'malformed-json' }
  /** The body is bytes of another protocol. */
  | { kind: 'garbage' }
  /** A page, as a proxy or a wrong address answers. */
  | { kind: 'html'; status: number }
  /** A well-formed answer with nothing in it. */
  | { kind: 'empty' }
  /** OpenAI: `choices: []`. */
  | { kind: 'no-choices' }
  /** 200 and a body of no bytes. */
  | { kind: 'no-body' }
  /** The right body under another content type. */
  | { kind: 'wrong-content-type' }
  /** Every chunk is sent byte by byte, so that characters are split. Nothing is wrong with it. */
  | { kind: 'split-utf8' }
  /** An error object in the middle of a stream. */
  | { kind: 'error-in-stream'; message: string }
  /** The socket is destroyed before any response. */
  | { kind: 'reset' }
  /** 400 "does not support tools". */
  | { kind: 'no-tools' }

/** The header in which a server says when to come back. */
export function retryAfterHeader(ms: number, form: RetryAfterForm = 'seconds'): Record<string, string> {
  if (form === 'milliseconds') return { 'retry-after-ms': String(ms) }
  if (form === 'date')
    return { 'retry-after': new Date(Math.ceil((Date.now() + ms) / 1000) * 1000).toUTCString() }
  return { 'retry-after': String(ms / 1000) }
}
