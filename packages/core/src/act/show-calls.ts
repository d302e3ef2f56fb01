import type { CallReport, Observation } from '@bailiwick/contract'
import { asFrame, asName, type FramedText, frame, joinFramed } from '../prompts/framed-text.ts'
import { nameCall, short } from '../prompts/name-call.ts'

/** An observation lists at most this many calls of a step. */
export const MAX_SHOWN_CALLS = 12

/** A list of calls shows this many characters of one call's error. */
const MAX_MESSAGE_CHARS = 1_000

/**
 * Tells the model which calls of its code failed, and which ended without the code getting their results. Empty if the
 * code got the result of every call.
 *
 * @param code the step's code
 */
export function showCalls({ calls, error, status, lost }: Observation, code: string): FramedText {
  // A voided turn waited for nothing.
  const missed = lost === undefined ? calls.filter(({ awaited }) => !awaited) : []
  const failed = calls.filter(({ ok, awaited }) => !ok && awaited)
  if (missed.length === 0) {
    if (failed.length === 0) return asFrame('')
    return frame`Failed calls:\n${listCalls(failed, error?.message)}`
  }
  const first = failed[0]
  const isStopped = status !== 'ok' && status !== 'error'
  // Nobody can tell whether the code would have waited for these calls.
  const gaveUp = first !== undefined || error !== undefined || /\bPromise\s*\.\s*(?:race|any)\b/.test(code)
  if (!isStopped && !gaveUp) {
    return frame`Missing await: the code did not wait for these calls:\n${listCalls(missed, undefined)}`
  }
  const why = isStopped
    ? 'The step was stopped before the code got every result.'
    : first === undefined
      ? 'The code ended before it got every result.'
      : 'The code stopped waiting when a call failed. To get every result although some calls fail, use await Promise.allSettled([…]).'
  const dropped = isStopped ? [] : droppedCalls(code, new Set(missed.map(({ name }) => name)))
  const missing =
    dropped.length > 0 && frame`Missing await before ${joinFramed(dropped.map(asName), ', ')}(…).`
  const others = calls.filter((call) => call.ok && call.awaited)
  const shown = first === undefined ? missed : [...failed, ...missed, ...others]
  const list = frame`Calls of this step:\n${listCalls(shown, error?.message)}`
  return joinFramed([list, asFrame(why), missing], '\n')
}

/** After these, an expression goes on, so that what follows is no statement of its own. */
const GOES_ON =
  /(?:[[(,=+\-*/<>?:&|!.~%^]|\b(?:await|return|yield|void|in|of|else|case|throw|new|typeof))\s*$/

/** Of these functions, those that the code calls in a statement of their own, so that nothing can wait for them. */
function droppedCalls(code: string, names: ReadonlySet<string>): string[] {
  return [...names].filter((name) =>
    [...code.matchAll(/(?:^|[\n;{}])\s*([\w$]+)\s*\(/g)].some(
      (found) => found[1] === name && !GOES_ON.test(code.slice(0, found.index + found[0].search(/[^\s;{}]/))),
    ),
  )
}

/** @param known the step's error, which the observation shows already */
function listCalls(calls: readonly CallReport[], known: string | undefined): FramedText {
  const lines = calls
    .slice(0, MAX_SHOWN_CALLS)
    .map((call) => frame`- ${nameCall(call)} (${asName(call.id)}): ${howEnded(call, known)}`)
  const more = calls.length - lines.length
  return joinFramed([...lines, more > 0 && asFrame(`- and ${more} more calls`)], '\n')
}

function howEnded({ ok, awaited, reason, message = '' }: CallReport, known: string | undefined): FramedText {
  if (ok) return asFrame(awaited ? 'succeeded' : 'succeeded, but the code did not get its result')
  if (!awaited && reason === 'canceled') return asFrame('had not ended')
  if (message !== '' && known?.includes(message)) return asFrame('failed with the error above')
  return frame`failed: ${short(message, MAX_MESSAGE_CHARS)}`
}
