import { appendFile } from 'node:fs/promises'
import type { ModelLane, ModelReply } from '@bailiwick/contract'
import { isModelError } from '../is-model-error.ts'
import type { Source } from '../source.ts'
import { type CassetteEntry, toFrame } from './cassette-file.ts'
import { isChat } from './request-key.ts'
import { sentRequest } from './sent-request.ts'

/** Without these a response is read differently. The others may carry what belongs to the account. */
const KEPT_HEADERS = ['content-type', 'retry-after', 'retry-after-ms']

/**
 * Appends every response of the model's server to a cassette, byte for byte, once the call has ended: also
 * errors and cuts, so that they replay. Not what the caller aborted or a timer ended. Several processes may
 * append to one file: each response is one write.
 */
export function recordSource(source: Source, file: string): Source {
  return {
    id: source.id,
    async ask(request, call): Promise<ModelReply> {
      const taken: Recording[] = []
      const send = recordingFetch(request.lane, taken, call.fetch ?? fetch)
      // Of a call that is aborted, what it learned about the model: it is not asked again.
      let isKept = ({ ended, entry }: Recording) => ended && !isChat(entry.path)
      try {
        const reply = await source.ask(request, { ...call, fetch: send })
        // A client may stop reading before the body's end, once it has what it needs: the reply tells.
        isKept = () => true
        return reply
      } catch (error) {
        if (isModelError(error)) isKept = ({ ended }) => ended
        throw error
      } finally {
        await append(file, taken.filter(isKept))
      }
    },
  }
}

interface Recording {
  entry: CassetteEntry
  /** The server has closed the body, at its end or before. */
  ended: boolean
}

function recordingFetch(lane: ModelLane, taken: Recording[], send: typeof fetch): typeof fetch {
  return async (input, init) => {
    const begun = performance.now()
    const sent = sentRequest(input, init)
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
    taken.push(recording)
    if (response.body === null) return response
    const body = tap(
      response.body,
      recording,
      begun,
      hider(new Headers(init?.headers)),
      init?.signal ?? undefined,
    )
    return new Response(ReadableStream.from(body), { status: response.status, headers: response.headers })
  }
}

async function* tap(
  body: ReadableStream<Uint8Array>,
  recording: Recording,
  begun: number,
  hide: (text: string) => string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      recording.entry.frames.push(toFrame(chunk, Math.round(performance.now() - begun), hide))
      yield chunk
    }
    recording.ended = true
  } catch (error) {
    recording.ended = recording.entry.cut = signal?.aborted !== true
    throw error
  }
}

/** Some servers repeat the key that they refuse. */
function hider(headers: Headers): (text: string) => string {
  const key = headers.get('authorization')?.replace(/^Bearer /i, '')
  return (text) => {
    const hidden = key === undefined || key === 'none' ? text : text.replaceAll(key, '<key>')
    return hidden.replace(/\bsk-[\w*-]{6,}/g, '<key>')
  }
}

async function append(file: string, recordings: readonly Recording[]): Promise<void> {
  if (recordings.length === 0) return
  const lines = recordings.map(({ entry }) => `${JSON.stringify(entry)}\n`)
  await appendFile(file, lines.join(''), { mode: 0o600 })
}
