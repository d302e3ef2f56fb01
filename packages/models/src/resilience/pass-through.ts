import type { ModelEvent } from '@bailiwick/core/contract'

/** What stands behind the door once a call was let in. */
export interface Passage {
  events: AsyncIterable<ModelEvent>
  /** Called once, when the events have ended, failed or are no longer wanted, and their socket is closed. */
  leave?(failure?: { error: unknown }): void
  /** Makes the reply another one. */
  onReply?(event: Extract<ModelEvent, { type: 'reply' }>): Promise<ModelEvent>
}

/**
 * Yields what stands behind a door that has to open first. By hand, since this stands in the way of every
 * delta: an async generator that passes a stream on costs several promises for each, this costs one.
 */
export function passThrough(enter: () => Promise<Passage>): AsyncIterableIterator<ModelEvent> {
  let passage: Passage | undefined
  let source: AsyncIterator<ModelEvent> | undefined
  let ended = false

  const leave = (failure?: { error: unknown }) => {
    if (ended) return
    ended = true
    passage?.leave?.(failure)
  }
  const onResult = (
    result: IteratorResult<ModelEvent>,
  ): IteratorResult<ModelEvent> | Promise<IteratorResult<ModelEvent>> => {
    if (result.done) leave()
    else if (result.value.type === 'reply' && passage?.onReply) {
      return passage.onReply(result.value).then(
        (value) => ({ done: false, value }),
        async (error) => {
          await source?.return?.()
          return onError(error)
        },
      )
    }
    return result
  }
  const onError = (error: unknown): never => {
    leave({ error })
    throw error
  }
  const open = async (): Promise<IteratorResult<ModelEvent>> => {
    passage = await enter()
    if (ended) {
      // Given up while the door was opening.
      passage.leave?.()
      return { done: true, value: undefined }
    }
    source = passage.events[Symbol.asyncIterator]()
    return source.next()
  }
  return {
    next() {
      if (ended) return Promise.resolve({ done: true, value: undefined })
      return (source === undefined ? open() : source.next()).then(onResult, onError)
    },
    async return() {
      try {
        await source?.return?.()
      } finally {
        leave()
      }
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
