import { AsyncQueue, parseJson } from '@bailiwick/contract'
import type { JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { kvStream } from '../protocol/places.ts'
import { followStream, type Source } from '../streams/follow-stream.ts'

/** An entry of a bucket, and when it arrived. */
export interface Entry<T> {
  key: string
  value: T
  arrivedAt: number
}

/** Options of {@link watchBucket}. */
export interface WatchOptions<T> {
  /** The keys to watch, with wildcards: `presence.*`. Default: all. */
  keys?: string
  silenceMs?: number
  signal?: AbortSignal
  /** Called with an entry that an unreadable message has replaced. */
  onOverwritten?(entry: Entry<T>): void
}

/**
 * The bucket's whole content, and again after every change, until aborted. With `silenceMs`, drops an entry that was
 * not renewed for so long: servers before 2.11 send nothing when an entry expires. An unreadable value changes nothing,
 * because a user can have the server store a reply under another user's key, which must not end a host or a tool.
 */
export async function* watchBucket<T>(
  bus: Bus,
  bucket: string,
  parse: (value: unknown) => T | undefined,
  options: WatchOptions<T> = {},
): AsyncGenerator<Entry<T>[]> {
  const { keys = '>', silenceMs, signal, onOverwritten } = options
  /** Assumed age of the entries that exist at the start. A living host renews its entry soon. */
  const initialAge = silenceMs === undefined ? 0 : silenceMs / 2
  if (signal?.aborted) return
  const prefix = `$KV.${bucket}.`
  let initial = 0
  const entries = new Map<string, Entry<T>>()
  const changes = new AsyncQueue<'changed' | 'sweep'>(signal)
  const stopped = new AbortController()
  const either = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal])
  const source: Source = { stream: kvStream(bucket), subject: prefix + keys, from: 'last-of-each' }
  const reading = (async () => {
    const messages = followStream(bus, source, either, (pending) => {
      initial = pending
      if (pending === 0) changes.push('changed')
    })
    for await (const message of messages) {
      const key = message.subject.slice(prefix.length)
      const arrivedAt = performance.now() - (initial > 0 ? initialAge : 0)
      const known = entries.get(key)
      if (!apply(entries, key, message, parse, arrivedAt) && known !== undefined) onOverwritten?.(known)
      if (initial > 0) initial--
      if (initial === 0) changes.push('changed')
    }
  })()
  reading.then(
    () => changes.end(),
    (error: unknown) => changes.fail(error),
  )
  const everyMs = silenceMs === undefined ? undefined : Math.min(silenceMs / 6, 1_000)
  let sweptAt = performance.now()
  const sweep = () => {
    // This process was stopped for a while: it has not read the heartbeats of that time yet.
    const late = performance.now() - sweptAt - 2 * (everyMs ?? 0)
    if (late > 0) for (const entry of entries.values()) entry.arrivedAt += late
    sweptAt = performance.now()
    changes.push('sweep')
  }
  const timer = everyMs === undefined ? undefined : setInterval(sweep, everyMs)
  timer?.unref()
  try {
    for await (const change of changes) {
      const dropped = silenceMs !== undefined && dropSilent(entries, silenceMs)
      if (change === 'changed' || dropped) yield [...entries.values()]
    }
  } finally {
    clearInterval(timer)
    stopped.abort()
    await reading
  }
}

/** @returns false if the value is unreadable */
function apply<T>(
  entries: Map<string, Entry<T>>,
  key: string,
  message: JsMsg,
  parse: (value: unknown) => T | undefined,
  arrivedAt: number,
): boolean {
  if ((message.headers?.get('KV-Operation') ?? '') !== '') {
    entries.delete(key)
    return true
  }
  const value = parse(parseJson(message.string()))
  if (value !== undefined) entries.set(key, { key, value, arrivedAt })
  return value !== undefined
}

function dropSilent(entries: Map<string, Entry<unknown>>, silenceMs: number): boolean {
  const oldest = performance.now() - silenceMs
  let dropped = false
  for (const [key, { arrivedAt }] of entries) {
    if (arrivedAt >= oldest) continue
    entries.delete(key)
    dropped = true
  }
  return dropped
}
