import type { Model, ModelEvent, ModelReply } from '@bailiwick/contract'
import type { Call, Source } from './source.ts'

/** The contract's model of a source. It begins with the first `next`, and what ends the reading ends it. */
export function asModel(source: Source): Model {
  return {
    id: source.id,
    generate(request, options) {
      const abandoned = new AbortController()
      const signal = AbortSignal.any([options.signal, abandoned.signal])
      return new Events((emit) => source.ask(request, { ...options, signal, emit }), signal, abandoned)
    },
  }
}

const DONE = { done: true, value: undefined } as const

/** By hand, since it is in the way of every delta: an async generator costs five times as much. */
class Events implements AsyncIterableIterator<ModelEvent> {
  readonly #ask: (emit: Call['emit']) => Promise<ModelReply>
  readonly #signal: AbortSignal
  readonly #abandoned: AbortController
  /** Arrived and not read. */
  readonly #events: ModelEvent[] = []
  #reply: Promise<ModelReply> | undefined
  /** The source has ended. */
  #ended = false
  /** The reader has had the end, or has left. */
  #over = false
  /** Answers the `next` that waits. */
  #answer: ((result: IteratorResult<ModelEvent> | Promise<IteratorResult<ModelEvent>>) => void) | undefined

  constructor(
    ask: (emit: Call['emit']) => Promise<ModelReply>,
    signal: AbortSignal,
    abandoned: AbortController,
  ) {
    this.#ask = ask
    this.#signal = signal
    this.#abandoned = abandoned
  }

  next(): Promise<IteratorResult<ModelEvent>> {
    if (this.#over) return Promise.resolve(DONE)
    this.#reply ??= this.#begin()
    // An abort is an abort, also of what has come and was not read.
    const event = this.#signal.aborted ? undefined : this.#events.shift()
    if (event !== undefined) return Promise.resolve({ done: false, value: event })
    if (this.#ended) return this.#end(this.#reply)
    return new Promise((resolve) => {
      this.#answer = resolve
    })
  }

  async return(): Promise<IteratorResult<ModelEvent>> {
    this.#over = true
    this.#abandoned.abort()
    await this.#reply?.catch(() => undefined)
    return DONE
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #begin(): Promise<ModelReply> {
    const reply = this.#ask((event) => {
      const answer = this.#answer
      this.#answer = undefined
      if (answer === undefined) this.#events.push(event)
      else answer({ done: false, value: event })
    })
    const onEnd = () => {
      this.#ended = true
      this.#answer?.(this.#end(reply))
    }
    reply.then(onEnd, onEnd)
    return reply
  }

  async #end(asked: Promise<ModelReply>): Promise<IteratorResult<ModelEvent>> {
    this.#over = true
    const reply = await asked
    this.#signal.throwIfAborted()
    return { done: false, value: { type: 'reply', reply } }
  }
}
