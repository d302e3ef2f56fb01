import { type Model, ModelError } from '@bailiwick/core/contract'
import PQueue from 'p-queue'
import { passThrough } from './pass-through.ts'
import { SharedSlots } from './shared-slots.ts'

export interface SlotOptions {
  /** Models with the same key share their slots, whoever resolved them. */
  key: string
  /** Calls at once. */
  slots: number
  /** Folder through which processes of this machine share their slots. Absent: each has its own. */
  folder?: string | undefined
}

interface Slots {
  queue: PQueue
  shared: SharedSlots | undefined
}

const known = new Map<string, Slots>()

/** Lets so many calls at a time through; the others wait, in order within a process, until their signal or deadline. */
export function withSlots(model: Model, { key, slots, folder }: SlotOptions): Model {
  const all = known.get(key) ?? {
    queue: new PQueue(),
    shared: folder === undefined ? undefined : new SharedSlots(folder, key, slots),
  }
  all.queue.concurrency = slots
  known.set(key, all)
  return {
    id: model.id,
    generate: (request, call) =>
      passThrough(async () => {
        const leave = await takeSlot(all, model.id, call)
        return { events: model.generate(request, call), leave }
      }),
  }
}

async function takeSlot(
  { queue, shared }: Slots,
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
    const giveBack = await shared?.take(waiting.signal)
    return () => {
      giveBack?.()
      held.resolve()
    }
  } catch (error) {
    held.resolve()
    throw waiting.signal.aborted ? waiting.signal.reason : error
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', onAbort)
  }
}

function noSlot(model: string): ModelError {
  return new ModelError('model-timeout', `${model} was busy with other calls until the deadline of this one.`)
}
