import { ModelError } from '@bailiwick/contract'
import type { CassetteEntry } from './cassette-file.ts'
import { isChat, type KeyParts } from './request-key.ts'

const AROUND = 60

/** The error for a request that was not recorded: which recorded one comes nearest, and where they part. */
export function replayMiss(
  asked: KeyParts,
  entries: readonly CassetteEntry[],
  times: number,
  source: string,
): ModelError {
  return new ModelError(
    'model-replay-miss',
    `${source} has no response for ${nameOf(asked)}. ${explain(asked, entries, times)} Record it again, or replay by lane.`,
  )
}

function explain(asked: KeyParts, entries: readonly CassetteEntry[], times: number): string {
  if (times > 0)
    return `This request was recorded ${times === 1 ? 'once' : `${times} times`} and has come more often.`
  const nearest = nearestOf(asked, entries)
  if (nearest === undefined) return 'It records no such request at all.'
  const [wanted, recorded] = [JSON.stringify(asked.request), JSON.stringify(nearest.request)]
  const place = commonStart(wanted, recorded)
  if (place === wanted.length && place === recorded.length)
    return `Nearest: ${nameOf(nearest)}, which says the same.`
  const part = (text: string) => text.slice(Math.max(0, place - AROUND / 2), place + AROUND)
  return `Nearest: ${nameOf(nearest)}. Recorded: …${part(recorded)}… Now: …${part(wanted)}…`
}

/** Of the same lane first, then of the same agent, then the one that stays alike longest. */
function nearestOf(asked: KeyParts, entries: readonly CassetteEntry[]): CassetteEntry | undefined {
  const text = JSON.stringify(asked.request)
  const distance = ({ lane, request }: CassetteEntry): number[] => [
    Number(lane.agent !== asked.lane.agent),
    Number(lane.task !== asked.lane.task),
    Math.abs(lane.step - asked.lane.step),
    -commonStart(text, JSON.stringify(request)),
  ]
  return entries
    .filter(({ path }) => isChat(path) === isChat(asked.path))
    .map((entry) => ({ entry, far: distance(entry) }))
    .toSorted((a, b) => compare(a.far, b.far))[0]?.entry
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((part, place) => part - (b[place] ?? 0)).find((part) => part !== 0) ?? 0
}

function commonStart(a: string, b: string): number {
  let place = 0
  while (place < a.length && a[place] === b[place]) place++
  return place
}

function nameOf({ lane, path }: KeyParts): string {
  return isChat(path) ? `agent "${lane.agent}", task "${lane.task}", step ${lane.step}` : path
}
