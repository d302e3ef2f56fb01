import type { ModelLane } from '@bailiwick/contract'
import type { Source } from '../source.ts'
import { bytesOf, type CassetteEntry } from './cassette-file.ts'
import { replayMiss } from './replay-miss.ts'
import { isChat, type KeyParts, type Matching, requestKey } from './request-key.ts'
import { sentRequest } from './sent-request.ts'

/** The recorded responses by key, and how many of each were served. One for each file and process. */
export interface Replay {
  entries: readonly CassetteEntry[]
  /** The response to a request, or the error that says which one came nearest. */
  take(request: KeyParts): CassetteEntry
}

/** @param source the file's name, for messages */
export function openReplay(entries: readonly CassetteEntry[], matching: Matching, source: string): Replay {
  const byKey = Map.groupBy(entries, (entry) => requestKey(entry, matching))
  const served = new Map<string, number>()
  return {
    entries,
    take(request) {
      const key = requestKey(request, matching)
      const known = byKey.get(key) ?? []
      const place = served.get(key) ?? 0
      // Facts of a model are the same for everybody who asks.
      const entry = isChat(request.path) ? known[place] : known[0]
      if (entry === undefined) throw replayMiss(request, entries, known.length, source)
      served.set(key, place + 1)
      return entry
    },
  }
}

/** The source with every response taken from a cassette. Nothing is sent anywhere. */
export function replaySource(source: Source, replay: Replay): Source {
  return {
    id: source.id,
    ask: (request, call) => source.ask(request, { ...call, fetch: replayingFetch(request.lane, replay) }),
  }
}

function replayingFetch(lane: ModelLane, replay: Replay): typeof fetch {
  return async (input, init) => {
    init?.signal?.throwIfAborted()
    const { status, headers, ...body } = replay.take({ lane, ...sentRequest(input, init) })
    return new Response(ReadableStream.from(framesOf(body)), { status, headers })
  }
}

async function* framesOf({ frames, cut }: Pick<CassetteEntry, 'frames' | 'cut'>): AsyncGenerator<Uint8Array> {
  for (const frame of frames) yield bytesOf(frame)
  if (cut) throw new TypeError('terminated')
}
