import { type GenerateOptions, ModelError } from '@bailiwick/contract'
import PQueue from 'p-queue'
import type { Source } from '../source.ts'
import { SharedSlots } from './shared-slots.ts'

export interface SlotOptions {
  /** All sources with the same key share their slots. */
  key: string
  /** The largest number of calls at once. */
  slots: number
  /** Folder through which the processes of this machine share the slots. Without it, each process has its own. */
  folder?: string | undefined
}

interface Slots {
  queue: PQueue
  shared: SharedSlots | undefined
}

const known = new Map<string, Slots>()

/**
 * Limits the calls at once. The others wait until their signal or deadline, in order within a process.
 *
 * @throws (from `ask`) ModelError `model-timeout` if no slot is free before the call's deadline.
 */
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
  // Ends only the wait: aborting a running call here would free its slot before its socket is closed.
  const waiting = new AbortController()
  const onAbort = () => waiting.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const timeout =
    deadline === undefined
      ? undefined
      : setTimeout(() => waiting.abort(noFreeSlot(model)), Math.max(0, deadline - Date.now()))
  const stopWaiting = () => {
    clearTimeout(timeout)
    signal.removeEventListener('abort', onAbort)
  }
  const start = async () => {
    using _ = await shared?.take(waiting.signal)
    stopWaiting()
    return await ask()
  }
  try {
    return await queue.add(start, { signal: waiting.signal })
  } finally {
    stopWaiting()
  }
}

function noFreeSlot(model: string): ModelError {
  return new ModelError(
    'model-timeout',
    `Expected a free slot for ${model} before the call's deadline, but other calls held them all. Raise the model's concurrency or the deadline.`,
  )
}
