import { appendFile } from 'node:fs/promises'
import { isModelError, type ModelLane, type ModelReply } from '@bailiwick/contract'
import type { Source } from '../source.ts'
import { keysIn, redact } from '../wire/redact.ts'
import { type CassetteEntry, toFrame } from './cassette-file.ts'
import { isChat, normaliseRequest } from './request-key.ts'

/** Headers that change how a response is read. Others may contain data of the account. */
const KEPT_HEADERS = ['content-type', 'retry-after', 'retry-after-ms']

/**
 * Appends every response of the model's server to a cassette, byte for byte, when the call ends. Includes errors and
 * cuts, so that they replay; excludes responses that the caller aborted or a timer ended. Several processes may
 * append to one file, because each call's responses are one write.
 */
export function recordSource(source: Source, file: string): Source {
  return {
    id: source.id,
    async ask(request, call): Promise<ModelReply> {
      const recordings: Recording[] = []
      const send = recordingFetch(request.lane, recordings, call.fetch ?? fetch)
      // Keep the facts about the model even if the call is aborted: the source does not ask for them again.
      let isKept = ({ ended, entry }: Recording) => ended && !isChat(entry.path)
      try {
        const reply = await source.ask(request, { ...call, fetch: send })
        // A client may stop reading before the body's end, so a reply counts as a complete response.
        isKept = () => true
        return reply
      } catch (error) {
        if (isModelError(error)) isKept = ({ ended }) => ended
        throw error
      } finally {
        await append(file, recordings.filter(isKept))
      }
    },
  }
}

interface Recording {
  entry: CassetteEntry
  /** True once the server has closed the body, complete or not. */
  ended: boolean
}

function recordingFetch(lane: ModelLane, recordings: Recording[], send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const start = performance.now()
    const sent = normaliseRequest(input, init)
    const response = await send(input, init)
    const headers = KEPT_HEADERS.flatMap((name) => {
      const value = response.headers.get(name)
      return value === null ? [] : [[name, value] as const]
    })
    const recording: Recording = {
      ended: response.body === null,
      entry: {
        v: 1,
        lane,
        ...sent,
        status: response.status,
        headers: Object.fromEntries(headers),
        frames: [],
        cut: false,
      },
    }
    recordings.push(recording)
    if (response.body === null) return response
    const body = copyFrames(response.body, recording, start, redactor(init?.headers), init?.signal)
    return new Response(ReadableStream.from(body), { status: response.status, headers: response.headers })
  }
}

async function* copyFrames(
  body: ReadableStream<Uint8Array>,
  recording: Recording,
  start: number,
  redactText: (text: string) => string,
  signal: AbortSignal | null | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      recording.entry.frames.push(toFrame(chunk, Math.round(performance.now() - start), redactText))
      yield chunk
    }
    recording.ended = true
  } catch (error) {
    recording.ended = recording.entry.cut = signal?.aborted !== true
    throw error
  }
}

/** Removes keys from texts: those that were sent, and shortened OpenAI keys as in "sk-abc***def". */
function redactor(headers: RequestInit['headers']): (text: string) => string {
  const keys = keysIn(headers)
  return (text) => redact(text, keys).replace(/\bsk-[\w*-]{6,}/g, '<key>')
}

async function append(file: string, recordings: readonly Recording[]): Promise<void> {
  if (recordings.length === 0) return
  const lines = recordings.map(({ entry }) => `${JSON.stringify(entry)}\n`)
  await appendFile(file, lines.join(''), { mode: 0o600 })
}
