import type { ModelLane } from '@bailiwick/contract'
import type { Source } from '../source.ts'
import { bytesOf, type CassetteEntry } from './cassette-file.ts'
import { replayMiss } from './replay-miss.ts'
import { isChat, type KeyParts, type Matching, normaliseRequest, requestKey } from './request-key.ts'

/** A cassette's responses. A process opens each file once, because it counts the responses that were served. */
export interface Replay {
  /** The next response to a request. @throws ModelError `model-replay-miss` that names the nearest recorded request. */
  take(request: KeyParts): CassetteEntry
}

/** @param source the file's name, for messages */
export function openReplay(entries: readonly CassetteEntry[], matching: Matching, source: string): Replay {
  const byKey = Map.groupBy(entries, (entry) => requestKey(entry, matching))
  const served = new Map<string, number>()
  return {
    take(request) {
      const key = requestKey(request, matching)
      const known = byKey.get(key) ?? []
      const place = served.get(key) ?? 0
      // The facts about a model are the same for every process, so one recording serves all.
      const entry = isChat(request.path) ? known[place] : known[0]
      if (entry === undefined) throw replayMiss(request, entries, known.length, source)
      served.set(key, place + 1)
      return entry
    },
  }
}

/** Takes every response from a cassette. Sends nothing. */
export function replaySource(source: Source, replay: Replay): Source {
  return {
    id: source.id,
    ask: (request, call) => source.ask(request, { ...call, fetch: replayingFetch(request.lane, replay) }),
  }
}

function replayingFetch(lane: ModelLane, replay: Replay): typeof fetch {
  return async (input, init) => {
    init?.signal?.throwIfAborted()
    const { status, headers, ...body } = replay.take({ lane, ...normaliseRequest(input, init) })
    return new Response(ReadableStream.from(framesOf(body)), { status, headers })
  }
}

async function* framesOf({ frames, cut }: Pick<CassetteEntry, 'frames' | 'cut'>): AsyncGenerator<Uint8Array> {
  for (const frame of frames) yield bytesOf(frame)
  if (cut) throw new TypeError('terminated')
}
