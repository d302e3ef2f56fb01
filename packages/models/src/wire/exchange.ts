import { ModelError } from '@bailiwick/contract'
import { isModelError } from '../is-model-error.ts'
import { startTimers } from './attempt-timers.ts'
import { type FaultBody, parseFaultBody } from './error-body.ts'
import { keysIn } from './redact.ts'
import { type Asked, readFault } from './server-errors.ts'
import { DEFAULT_TIMERS, type Timers } from './timers.ts'
import { describeUnreachable, withoutSecrets } from './unreachable.ts'
import { type BodyForm, watchBody } from './watch-body.ts'

const MAX_FAULT = 65_536

export interface ExchangeOptions {
  /** `provider/model`, for messages. */
  model: string
  signal: AbortSignal
  timers?: Partial<Timers> | undefined
  /** Sends the request; a cassette puts its own here. */
  fetch?: typeof fetch | undefined
  form: BodyForm
}

/**
 * One request to a model server and its response. A client is given {@link Exchange.fetch}, so that
 * timers, aborts and bad responses are dealt with here, once, below every client: `openai` ends
 * silently when aborted in mid-stream, `ollama` takes no signal, prints bad responses to stdout and
 * cannot be aborted while a model loads.
 */
export interface Exchange extends Disposable {
  readonly fetch: typeof fetch
  readonly asked: Asked
  /** What a response that was not 2xx said. */
  readonly faultBody: FaultBody | undefined
  /** What ended it before its time: the caller's abort, a timer, a bad response. */
  readonly failure: { cause: unknown } | undefined
  /** Throws the failure. To be called after every stream: clients take the end of a broken one for success. */
  check(): void
}

/** Opens an exchange and starts its timers. Disposing of it closes a socket that is still open. */
export function openExchange(options: ExchangeOptions): Exchange {
  const { model, signal } = options
  const asked: Asked = { model, url: 'its server' }
  const closing = new AbortController()
  let faultBody: FaultBody | undefined
  let failure: { cause: unknown } | undefined

  /** Keeps the first cause: what follows from closing the socket is only its echo. */
  const fail = (cause: unknown): unknown => {
    failure ??= { cause }
    closing.abort(failure.cause)
    return failure.cause
  }
  const timers = startTimers({ ...DEFAULT_TIMERS, ...options.timers }, (missed, setting) =>
    fail(
      new ModelError(
        'model-timeout',
        `${model} at ${asked.url} gave no ${missed} in time. If the server is only slow, raise its timer ${setting}.`,
      ),
    ),
  )
  const onAbort = () => fail(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })

  const send: typeof fetch = async (input, init) => {
    asked.keys = keysIn(input instanceof Request ? input.headers : init?.headers)
    asked.url = withoutSecrets(input instanceof Request ? input.url : input)
    try {
      // The client's own signal is left out: whatever it would abort is closed by disposing of this.
      const response = await (options.fetch ?? fetch)(input, { ...init, signal: closing.signal })
      if (response.ok)
        return await watchBody(response, asked, options.form, { onChunk: timers.onChunk, fail })
      const text = (await response.text()).slice(0, MAX_FAULT)
      faultBody = parseFaultBody(text)
      throw readFault(asked, response.status, response.headers, text)
    } catch (error) {
      throw fail(isModelError(error) ? error : describeUnreachable(asked, error))
    }
  }
  return {
    fetch: send,
    asked,
    get failure() {
      return failure
    },
    get faultBody() {
      return faultBody
    },
    check() {
      if (failure !== undefined) throw failure.cause
    },
    [Symbol.dispose]() {
      timers[Symbol.dispose]()
      signal.removeEventListener('abort', onAbort)
      // Ends generation on the server; without effect on a body that was read to its end.
      closing.abort()
    },
  }
}
