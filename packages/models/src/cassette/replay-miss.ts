import { ModelError } from '@bailiwick/contract'
import type { CassetteEntry } from './cassette-file.ts'
import { isChat, type KeyParts } from './request-key.ts'

/** Characters that the message shows before and after the first difference. */
const SHOWN_BEFORE = 30
const SHOWN_AFTER = 60

/**
 * The error for a request that has no recorded response. Shows the nearest recorded request and where it differs.
 *
 * @param times how many responses to this request were recorded
 */
export function replayMiss(
  sent: KeyParts,
  entries: readonly CassetteEntry[],
  times: number,
  source: string,
): ModelError {
  return new ModelError(
    'model-replay-miss',
    `Expected a recorded response for ${nameOf(sent)} in ${source}, found none. ${explain(sent, entries, times)} Record the cassette again, or set BAILIWICK_MODEL_REPLAY_BY=lane.`,
  )
}

function explain(sent: KeyParts, entries: readonly CassetteEntry[], times: number): string {
  if (times > 0) {
    return `This request was recorded ${times === 1 ? 'once' : `${times} times`} and was sent more often.`
  }
  const nearest = nearestOf(sent, entries)
  if (nearest === undefined) return 'The cassette has no request of this kind.'
  const [now, recorded] = [JSON.stringify(sent.request), JSON.stringify(nearest.request)]
  const place = commonStart(now, recorded)
  if (place === now.length && place === recorded.length) {
    return `The nearest one has the same content: ${nameOf(nearest)}.`
  }
  const part = (text: string) => text.slice(Math.max(0, place - SHOWN_BEFORE), place + SHOWN_AFTER)
  return `Nearest: ${nameOf(nearest)}. Recorded: …${part(recorded)}… Now: …${part(now)}…`
}

/** Prefers the same agent, then the same task, then the nearest step, then the longest common start. */
function nearestOf(sent: KeyParts, entries: readonly CassetteEntry[]): CassetteEntry | undefined {
  const text = JSON.stringify(sent.request)
  const distance = ({ lane, request }: CassetteEntry): number[] => [
    Number(lane.agent !== sent.lane.agent),
    Number(lane.task !== sent.lane.task),
    Math.abs(lane.step - sent.lane.step),
    -commonStart(text, JSON.stringify(request)),
  ]
  return entries
    .filter(({ path }) => isChat(path) === isChat(sent.path))
    .map((entry) => ({ entry, distance: distance(entry) }))
    .toSorted((a, b) => compare(a.distance, b.distance))[0]?.entry
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
