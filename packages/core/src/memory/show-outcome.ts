import { decodeValue, encodeValue, functionName, isPlainText, type TaskSpec } from '@bailiwick/contract'
import {
  asData,
  asFrame,
  asName,
  type FramedText,
  frame,
  joinFramed,
  sliceFramed,
} from '../prompts/framed-text.ts'
import { nameCall } from '../prompts/name-call.ts'

/** A prompt shows at most this many characters of one call's result. */
export const MAX_RESULT_CHARS = 8_000

/** Shows a journaled outcome to the model. One that failed names the call. */
export function showOutcome(
  outcome: {
    ok: boolean
    call: string
    value?: string | undefined
    reason?: string | undefined
    message?: string | undefined
  },
  called: { name: string; args: unknown },
): FramedText {
  const { call: id, reason = 'error', message = 'no message' } = outcome
  if (!outcome.ok) {
    const why = cut(asData(message), MAX_RESULT_CHARS)
    return frame`Call ${asName(id)} failed (${asName(reason)}): ${nameCall(called)}: ${why}`
  }
  return showValue(outcome.value ?? '{"$":["undefined"]}')
}

/** A longer result is passed on by reference, so the model learns its name. Characters. */
const MIN_REFERRED_CHARS = 200

/** The functions that start the delegates of a task. */
export function delegateNames({ grant }: TaskSpec): ReadonlySet<string> {
  return new Set(grant.delegates.map(({ name }) => functionName(name)))
}

/**
 * Shows the outcome of a call. Of a delegate's result it shows what the caller needs, and an agent that has
 * delegates learns how to pass a long result on.
 */
export function showCall(
  outcome: Parameters<typeof showOutcome>[0],
  called: { name: string; args: unknown },
  delegates: ReadonlySet<string>,
): FramedText {
  if (!outcome.ok || delegates.size === 0) return showOutcome(outcome, called)
  const value = delegates.has(called.name) ? resultFields(outcome.value) : outcome.value
  const shown = showOutcome({ ...outcome, value }, called)
  if (shown.text.length < MIN_REFERRED_CHARS) return shown
  return frame`${shown}\nTo pass it on: ${asFrame(JSON.stringify({ $result: outcome.call }))}`
}

/** Journals of earlier versions have usage and files in a delegate's result. */
function resultFields(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined
  const { usage: _, artifacts: __, ...fields } = decodeValue(encoded) as Record<string, unknown>
  return encodeValue(fields)
}

/** Shows an encoded value to the model. */
export function showValue(encoded: string): FramedText {
  const text = shownText(encoded)
  return text === undefined ? asFrame('Done; there is no value.') : cut(asData(text), MAX_RESULT_CHARS)
}

/** The text that shows a value. Plain JSON is shown as it is, because decoding a long text takes long. */
function shownText(encoded: string): string | undefined {
  if (isPlainText(encoded) && !encoded.startsWith('"')) return encoded
  const value = decodeValue(encoded)
  if (value === undefined) return undefined
  return typeof value === 'string' ? value : (JSON.stringify(value, plain) ?? String(value))
}

/**
 * Cuts a text to `limit` characters: keeps its start and end, and notes between them how much is missing.
 *
 * @param where how to read the whole text, if there is a way
 */
export function cut(shown: FramedText, limit: number, where = ''): FramedText {
  const { length } = shown.text
  if (length <= limit) return shown
  const tail = Math.floor(limit / 4)
  const note = asFrame(`\n[… ${length - limit} of ${length} characters cut${where} …]\n`)
  return joinFramed([sliceFramed(shown, 0, limit - tail), note, sliceFramed(shown, length - tail)], '')
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Map || value instanceof Set) return [...value]
  return value
}
