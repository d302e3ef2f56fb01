import {
  AsyncQueue,
  type GenerateOptions,
  type Model,
  type ModelEvent,
  type ModelReply,
  type ModelRequest,
} from '@bailiwick/contract'
import type { Source } from './source.ts'

/** Turns a source into the contract's model. The first `next` asks the source; a reader that stops early aborts it. */
export function asModel(source: Source): Model {
  return {
    id: source.id,
    generate: (request, options) => iterate(source, request, options),
  }
}

const DONE = { done: true, value: undefined } as const

function iterate(
  source: Source,
  request: ModelRequest,
  options: GenerateOptions,
): AsyncIterableIterator<ModelEvent> {
  const abandoned = new AbortController()
  const signal = AbortSignal.any([options.signal, abandoned.signal])
  const events = new AsyncQueue<ModelEvent>()
  let reply: Promise<ModelReply> | undefined
  let isOver = false

  function ask(): Promise<ModelReply> {
    const asked = source.ask(request, { ...options, signal, emit: (event) => events.push(event) })
    const onReply = (reply: ModelReply) => {
      if (signal.aborted) return events.fail(signal.reason)
      events.push({ type: 'reply', reply })
      events.end()
    }
    asked.then(onReply, (error) => events.fail(error))
    return asked
  }

  return {
    async next() {
      if (isOver) return DONE
      reply ??= ask()
      if (!signal.aborted) return events.next()
      // Drop the deltas that arrived before the abort, and wait until the source has closed its connection.
      isOver = true
      events.drain()
      await reply
      throw signal.reason
    },
    async return() {
      isOver = true
      abandoned.abort()
      await reply?.catch(() => undefined)
      return DONE
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
