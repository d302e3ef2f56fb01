import { ModelError } from '@bailiwick/contract'
import { isModelError } from '../is-model-error.ts'
import { ndjsonGuard } from './ndjson-guard.ts'
import type { Asked } from './server-errors.ts'
import { innermostReason } from './unreachable.ts'

/** What the client will read the body as: server-sent events, JSON lines, or one JSON text. */
export type BodyForm = 'events' | 'lines' | 'json'

interface BodyWatcher {
  onChunk(): void
  /** Names the cause of a broken body; the first one named stays. */
  fail(cause: unknown): unknown
}

/**
 * The response with its body watched: timers are fed, a page of HTML is refused, a cut socket is a
 * `model-cut` instead of a raw `TypeError: terminated`.
 */
export async function watchBody(
  response: Response,
  asked: Asked,
  form: BodyForm,
  watcher: BodyWatcher,
): Promise<Response> {
  const { body } = response
  const source = body?.getReader()
  const guard = form === 'lines' ? ndjsonGuard(asked) : undefined
  const onRead = (read: Read): Read => {
    if (read.value !== undefined) watcher.onChunk()
    guard?.(read.value)
    return read
  }
  const onError = (error: unknown): never => {
    throw watcher.fail(isModelError(error) ? error : cut(asked, error))
  }
  /** Reads on, watched. Without `await`, since it is in the way of every chunk. */
  const readFrom = (reader: Reader) => reader.read().then(onRead).catch(onError)

  const first = source && (await readFrom(source))
  if (!body || !source || !first?.value)
    throw new ModelError('model-empty', `${asked.model} at ${asked.url} answered with an empty body.`)
  const start = new TextDecoder().decode(first.value.subarray(0, 512)).trimStart()
  if (start.startsWith('<')) {
    throw new ModelError(
      'model-not-an-api',
      `${asked.model} at ${asked.url} answered with a page of HTML. Check the base URL: it usually ends in /v1.`,
    )
  }
  // Some servers ignore `stream: true` and send the whole completion.
  if (form === 'json' || (form === 'events' && start.startsWith('{'))) {
    const text = await restOf(first.value, () => readFrom(source))
    // The type is set, since `openai` returns a string for JSON under another one.
    return new Response(form === 'json' ? text : asEvent(text), {
      headers: { 'content-type': 'application/json' },
    })
  }

  source.releaseLock()
  let pending: Read | undefined = first
  // The body itself with a watched reader: a stream around it would cost half of what reading the events does.
  Object.assign(body, {
    getReader(): Reader {
      const reader = ReadableStream.prototype.getReader.call(body) as Reader
      const { read } = reader
      return Object.assign(reader, {
        read() {
          const known = pending
          pending = undefined
          return known ? Promise.resolve(known) : read.call(reader).then(onRead).catch(onError)
        },
      })
    },
  })
  return response
}

type Reader = ReadableStreamDefaultReader<Uint8Array>
type Read = Awaited<ReturnType<Reader['read']>>

async function restOf(first: Uint8Array, read: () => Promise<Read>): Promise<string> {
  const chunks = [first]
  for (let next = await read(); next.value !== undefined; next = await read()) chunks.push(next.value)
  return Buffer.concat(chunks).toString('utf8')
}

/** A whole completion as a stream of one event. */
function asEvent(text: string): string {
  return `data: ${text.replace(/[\r\n]+/g, ' ')}\n\ndata: [DONE]\n\n`
}

function cut(asked: Asked, error: unknown): ModelError {
  return new ModelError(
    'model-cut',
    `${asked.model} at ${asked.url} closed the connection in the middle of its reply (${innermostReason(error)}).`,
    { cause: error },
  )
}
