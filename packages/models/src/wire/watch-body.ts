import { isModelError } from '@bailiwick/contract'
import { cutError, type Endpoint, malformedError, unexpected } from './server-errors.ts'

/** How the client reads the body: as server-sent events, as JSON lines, or as one JSON text. */
export type BodyForm = 'events' | 'lines' | 'json'

interface BodyWatcher {
  onChunk(): void
  /** Records why the body failed and returns the first reason recorded. */
  fail(cause: unknown): unknown
}

/**
 * Watches a response's body: feeds the timers, rejects an HTML page, checks JSON lines, and replaces the raw
 * `TypeError: terminated` of a cut socket by a `model-cut`.
 */
export async function watchBody(
  response: Response,
  endpoint: Endpoint,
  form: BodyForm,
  watcher: BodyWatcher,
): Promise<Response> {
  const { body } = response
  const source = body?.getReader()
  const checkLines = form === 'lines' ? lineChecker(endpoint) : undefined
  const onRead = (read: Read): Read => {
    if (read.value !== undefined) watcher.onChunk()
    checkLines?.(read.value)
    return read
  }
  const onError = (error: unknown): never => {
    throw watcher.fail(isModelError(error) ? error : cutError(endpoint, error))
  }
  /** Not an async function: every chunk passes through here. */
  const readFrom = (reader: Reader) => reader.read().then(onRead).catch(onError)

  const first = source && (await readFrom(source))
  if (!body || !source || !first?.value) {
    throw unexpected(endpoint, 'model-empty', 'a reply', 'an empty body')
  }
  const start = new TextDecoder().decode(first.value.subarray(0, 512)).trimStart()
  if (start.startsWith('<')) throw unexpected(endpoint, 'model-not-an-api', 'JSON', 'an HTML page')
  // Some servers ignore `stream: true` and send the whole completion.
  if (form === 'json' || (form === 'events' && start.startsWith('{'))) {
    const text = await readRest(first.value, () => readFrom(source))
    // Set the type: under any other, `openai` returns JSON as a string.
    return new Response(form === 'json' ? text : asEvent(text), {
      headers: { 'content-type': 'application/json' },
    })
  }

  source.releaseLock()
  let pending: Read | undefined = first
  // Hands out the body itself with a watched reader: a stream around it would add half the cost of reading the events.
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

async function readRest(first: Uint8Array, read: () => Promise<Read>): Promise<string> {
  const chunks = [first]
  for (let next = await read(); next.value !== undefined; next = await read()) chunks.push(next.value)
  return Buffer.concat(chunks).toString('utf8')
}

/** A whole completion as a stream of one event. */
function asEvent(text: string): string {
  return `data: ${text.replace(/[\r\n]+/g, ' ')}\n\ndata: [DONE]\n\n`
}

/**
 * Checks JSON lines chunk by chunk; `undefined` ends the body. Without this check, `ollama` prints a broken line to
 * stderr and skips it, so part of a reply would be lost silently.
 */
function lineChecker(endpoint: Endpoint): (chunk: Uint8Array | undefined) => void {
  const decoder = new TextDecoder()
  let rest = ''
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: chunk !== undefined })).split('\n')
    rest = chunk === undefined ? '' : (lines.pop() ?? '')
    for (const line of lines) if (line.trim() !== '') checkLine(endpoint, line)
  }
}

function checkLine(endpoint: Endpoint, line: string): void {
  try {
    JSON.parse(line)
  } catch (cause) {
    throw malformedError(endpoint, 'a line of JSON', line, { cause })
  }
}
