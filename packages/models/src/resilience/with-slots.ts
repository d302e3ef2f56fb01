import { type GenerateOptions, ModelError } from '@bailiwick/contract'
import PQueue from 'p-queue'
import type { Source } from '../source.ts'
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
export function withSlots(source: Source, { key, slots, folder }: SlotOptions): Source {
  const all = known.get(key) ?? {
    queue: new PQueue(),
    shared: folder === undefined ? undefined : new SharedSlots(folder, key, slots),
  }
  all.queue.concurrency = slots
  known.set(key, all)
  return {
    id: source.id,
    ask: (request, call) => inSlot(all, source.id, call, () => source.ask(request, call)),
  }
}

async function inSlot<T>(
  { queue, shared }: Slots,
  model: string,
  { signal, deadline }: GenerateOptions,
  ask: () => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  // Ends the wait alone: aborting a call that runs would free its slot before its socket is closed.
  const waiting = new AbortController()
  const onAbort = () => waiting.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const late =
    deadline === undefined
      ? undefined
      : setTimeout(() => waiting.abort(noSlot(model)), Math.max(0, deadline - Date.now()))
  const stopWaiting = () => {
    clearTimeout(late)
    signal.removeEventListener('abort', onAbort)
  }
  const begin = async () => {
    using _ = await shared?.take(waiting.signal)
    stopWaiting()
    return await ask()
  }
  try {
    return await queue.add(begin, { signal: waiting.signal })
  } finally {
    stopWaiting()
  }
}

function noSlot(model: string): ModelError {
  return new ModelError('model-timeout', `${model} was busy with other calls until the deadline of this one.`)
}
