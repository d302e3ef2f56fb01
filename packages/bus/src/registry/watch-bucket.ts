import type { JsMsg } from '@nats-io/jetstream'
import type { Bus } from '../connect/bus.ts'
import { kvStream } from '../protocol/places.ts'
import { Buffered } from '../streams/buffered.ts'
import { followStream, type Source } from '../streams/follow-stream.ts'

/** An entry of a bucket, with the time at which it came here. */
export interface Entry<T> {
  key: string
  value: T
  arrivedAt: number
}

export interface WatchOptions<T> {
  silenceMs?: number
  signal?: AbortSignal
  /** Hears of an entry in whose place there is something now that cannot be read. */
  onOverwritten?(entry: Entry<T>): void
}

/**
 * The bucket's whole content, and again after every change, until aborted. With `silenceMs`, an entry
 * that was not renewed for so long is dropped: servers before 2.11 say nothing when one expires. A value
 * that cannot be read changes nothing: a user may have the server put an answer under a key that is not its
 * own, which must neither end a host nor withdraw a tool.
 */
export async function* watchBucket<T>(
  bus: Bus,
  bucket: string,
  parse: (value: unknown) => T | undefined,
  options: WatchOptions<T> = {},
): AsyncGenerator<Entry<T>[]> {
  const { silenceMs, signal, onOverwritten } = options
  /** How much of its silence an entry has behind it that was there before: whoever lives renews it soon. */
  const before = silenceMs === undefined ? 0 : silenceMs / 2
  if (signal?.aborted) return
  const prefix = `$KV.${bucket}.`
  let initial = 0
  const entries = new Map<string, Entry<T>>()
  const changes = new Buffered<'changed' | 'sweep'>(signal)
  const stopped = new AbortController()
  const either = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal])
  const source: Source = { stream: kvStream(bucket), subject: `${prefix}>`, from: 'last-of-each' }
  const reading = (async () => {
    const messages = followStream(bus, source, either, (pending) => {
      initial = pending
      if (pending === 0) changes.push('changed')
    })
    for await (const message of messages) {
      const key = message.subject.slice(prefix.length)
      const arrivedAt = Date.now() - (initial > 0 ? before : 0)
      const known = entries.get(key)
      if (!apply(entries, key, message, parse, arrivedAt) && known !== undefined) onOverwritten?.(known)
      if (initial > 0) initial--
      if (initial === 0) changes.push('changed')
    }
  })()
  reading.then(
    () => changes.end(),
    (error: unknown) => changes.end(error),
  )
  const everyMs = silenceMs === undefined ? undefined : Math.min(silenceMs / 6, 1_000)
  let sweptAt = Date.now()
  const sweep = () => {
    // This process was stopped for a while, and what others said meanwhile is still to be read.
    const late = Date.now() - sweptAt - 2 * (everyMs ?? 0)
    if (late > 0) for (const entry of entries.values()) entry.arrivedAt += late
    sweptAt = Date.now()
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

/** @returns false where the value cannot be read */
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
  const value = parse(readJson(message))
  if (value !== undefined) entries.set(key, { key, value, arrivedAt })
  return value !== undefined
}

function dropSilent(entries: Map<string, Entry<unknown>>, silenceMs: number): boolean {
  const oldest = Date.now() - silenceMs
  let dropped = false
  for (const [key, { arrivedAt }] of entries) {
    if (arrivedAt >= oldest) continue
    entries.delete(key)
    dropped = true
  }
  return dropped
}

function readJson(message: JsMsg): unknown {
  try {
    return message.json()
  } catch {
    return undefined
  }
}
