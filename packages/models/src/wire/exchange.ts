import { isModelError, ModelError } from '@bailiwick/contract'
import { type ErrorBody, parseErrorBody } from './error-body.ts'
import { keysIn, withoutSecrets } from './redact.ts'
import { type Endpoint, statusError, unreachableError } from './server-errors.ts'
import { DEFAULT_TIMERS, startTimers, type Timers } from './timers.ts'
import { type BodyForm, watchBody } from './watch-body.ts'

const MAX_ERROR_BODY = 65_536

export interface ExchangeOptions {
  /** `provider/model`, for messages. */
  model: string
  signal: AbortSignal
  timers?: Partial<Timers> | undefined
  /** Sends the request. A cassette passes its own. */
  fetch?: typeof fetch | undefined
  form: BodyForm
}

/**
 * One request to a model server and its response. The client library gets {@link Exchange.fetch}, so timers, aborts
 * and bad responses are handled here, once, below every library: `openai` ends a stream silently when it is
 * aborted; `ollama` takes no signal, prints bad responses to stdout, and cannot be aborted while a model loads.
 */
export interface Exchange extends Disposable {
  readonly fetch: typeof fetch
  readonly endpoint: Endpoint
  /** The error body of a response with a status other than 2xx. */
  readonly errorBody: ErrorBody | undefined
  /** Why the exchange ended early: the caller's abort, a timer, or a bad response. */
  readonly failure: { cause: unknown } | undefined
  /** Throws the failure, if any. Call it after every stream: the libraries take a broken end for success. */
  check(): void
  /**
   * The reason for an error that the client library threw. The exchange's own failure comes first, because the
   * library's error is often only its echo. Returns the caller's abort reason unchanged.
   */
  reasonFor(error: unknown, translate: (endpoint: Endpoint, error: unknown) => ModelError): unknown
}

/** Opens an exchange and starts its timers. Disposing of it closes a socket that is still open. */
export function openExchange(options: ExchangeOptions): Exchange {
  const { model, signal } = options
  const endpoint: Endpoint = { model, url: 'its server' }
  const closing = new AbortController()
  const limits = { ...DEFAULT_TIMERS, ...options.timers }
  let errorBody: ErrorBody | undefined
  let failure: { cause: unknown } | undefined

  /** Keeps the first cause: closing the socket causes more errors. */
  const fail = (cause: unknown): unknown => {
    failure ??= { cause }
    closing.abort(failure.cause)
    return failure.cause
  }
  const timers = startTimers(limits, (missing, timer) =>
    fail(
      new ModelError(
        'model-timeout',
        `Expected ${missing} from ${model} at ${endpoint.url} within ${limits[timer]} ms, got nothing. If the server is only slow, raise its timer ${timer}.`,
      ),
    ),
  )
  const onAbort = () => fail(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })

  const send: typeof fetch = async (input, init) => {
    endpoint.keys = keysIn(input instanceof Request ? input.headers : init?.headers)
    endpoint.url = withoutSecrets(input instanceof Request ? input.url : input)
    try {
      // Ignores the client's own signal: disposing of the exchange closes everything that it would abort.
      const response = await (options.fetch ?? fetch)(input, { ...init, signal: closing.signal })
      if (response.ok) {
        return await watchBody(response, endpoint, options.form, { onChunk: timers.onChunk, fail })
      }
      const text = (await response.text()).slice(0, MAX_ERROR_BODY)
      errorBody = parseErrorBody(text)
      throw statusError(endpoint, response.status, response.headers, text)
    } catch (error) {
      throw fail(isModelError(error) ? error : unreachableError(endpoint, error))
    }
  }
  return {
    fetch: send,
    endpoint,
    get failure() {
      return failure
    },
    get errorBody() {
      return errorBody
    },
    check() {
      if (failure !== undefined) throw failure.cause
    },
    reasonFor(error, translate) {
      if (failure === undefined) return translate(endpoint, error)
      return isModelError(failure.cause) ? translate(endpoint, failure.cause) : failure.cause
    },
    [Symbol.dispose]() {
      timers[Symbol.dispose]()
      signal.removeEventListener('abort', onAbort)
      // Ends generation on the server. Has no effect on a body that was read to its end.
      closing.abort()
    },
  }
}
