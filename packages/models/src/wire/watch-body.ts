import { ModelError } from '@bailiwick/core/contract'
import { isModelError } from '../is-model-error.ts'
import { ndjsonGuard } from './ndjson-guard.ts'
import type { Asked } from './read-fault.ts'
import { innermostReason } from './unreachable.ts'

/** What the client will read the body as: server-sent events, JSON lines, or one JSON text. */
export type BodyForm = 'events' | 'lines' | 'json'

interface BodyWatcher {
  onChunk(): void
  /** Names the cause of a broken body; the first one named stays. */
  fail(cause: unknown): unknown
}

/**
 * The same response with its body watched: timers are fed, a page of HTML is refused, a cut socket is
 * a `model-cut` instead of a raw `TypeError: terminated`. The content type is set to what the client
 * expects, since `openai` returns a string for JSON under another type.
 */
export async function watchBody(
  response: Response,
  asked: Asked,
  form: BodyForm,
  watcher: BodyWatcher,
): Promise<Response> {
  const reader = response.body?.getReader()
  const guard = form === 'lines' ? ndjsonGuard(asked) : undefined
  const read = async (): Promise<Uint8Array | undefined> => {
    try {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
      if (value !== undefined) watcher.onChunk()
      guard?.(value)
      return done ? undefined : value
    } catch (error) {
      throw watcher.fail(isModelError(error) ? error : cut(asked, error))
    }
  }

  const first = await read()
  if (first === undefined)
    throw new ModelError('model-empty', `${asked.model} at ${asked.url} answered with an empty body.`)
  const start = new TextDecoder().decode(first.subarray(0, 512)).trimStart()
  if (start.startsWith('<')) {
    throw new ModelError(
      'model-not-an-api',
      `${asked.model} at ${asked.url} answered with a page of HTML. Check the base URL: it usually ends in /v1.`,
    )
  }
  const headers = new Headers(response.headers)
  headers.set('content-type', CONTENT_TYPE[form])
  const wholeInsteadOfEvents = form === 'events' && start.startsWith('{')
  const body = wholeInsteadOfEvents ? await oneEvent(first, read) : streamOf(first, read)
  return new Response(body, { status: response.status, headers })
}

const CONTENT_TYPE: Record<BodyForm, string> = {
  events: 'text/event-stream',
  lines: 'application/x-ndjson',
  json: 'application/json',
}

type Read = () => Promise<Uint8Array | undefined>

function streamOf(first: Uint8Array, read: Read): ReadableStream<Uint8Array> {
  let pending: Uint8Array | undefined = first
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = pending ?? (await read())
        pending = undefined
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Some servers ignore `stream: true` and send the whole completion: it becomes a stream of one event. */
async function oneEvent(first: Uint8Array, read: Read): Promise<string> {
  const chunks = [first]
  for (let chunk = await read(); chunk !== undefined; chunk = await read()) chunks.push(chunk)
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/[\r\n]+/g, ' ')
  return `data: ${text}\n\ndata: [DONE]\n\n`
}

function cut(asked: Asked, error: unknown): ModelError {
  return new ModelError(
    'model-cut',
    `${asked.model} at ${asked.url} closed the connection in the middle of its reply (${innermostReason(error)}).`,
    { cause: error },
  )
}
