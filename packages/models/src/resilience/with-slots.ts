import { type Model, ModelError } from '@bailiwick/core/contract'
import PQueue from 'p-queue'
import { passThrough } from './pass-through.ts'

export interface SlotOptions {
  /** Models with the same key share their slots, whoever resolved them. */
  key: string
  /** Calls at once, in this process. */
  slots: number
}

const queues = new Map<string, PQueue>()

/** Lets so many calls at a time through; the others wait in order, until their signal or deadline. */
export function withSlots(model: Model, { key, slots }: SlotOptions): Model {
  const queue = queues.get(key) ?? new PQueue()
  queue.concurrency = slots
  queues.set(key, queue)
  return {
    id: model.id,
    generate: (request, call) =>
      passThrough(async () => {
        const leave = await takeSlot(queue, model.id, call)
        return { events: model.generate(request, call), leave }
      }),
  }
}

async function takeSlot(
  queue: PQueue,
  model: string,
  { signal, deadline }: { signal: AbortSignal; deadline?: number },
): Promise<() => void> {
  signal.throwIfAborted()
  // Ends the wait alone: aborting a call that runs would free its slot before its socket is closed.
  const waiting = new AbortController()
  const onAbort = () => waiting.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const late =
    deadline === undefined
      ? undefined
      : setTimeout(() => waiting.abort(noSlot(model)), Math.max(0, deadline - Date.now()))
  const held = Promise.withResolvers<void>()
  try {
    const granted = Promise.withResolvers<void>()
    const hold = () => {
      granted.resolve()
      return held.promise
    }
    queue.add(hold, { signal: waiting.signal }).catch(granted.reject)
    await granted.promise
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', onAbort)
  }
  return held.resolve
}

function noSlot(model: string): ModelError {
  return new ModelError('model-timeout', `${model} was busy with other calls until the deadline of this one.`)
}
