import { decodeValue, isPlainText } from '@bailiwick/contract'
import {
  asData,
  asFrame,
  asName,
  type FramedText,
  frame,
  joinFramed,
  sliceFramed,
} from '../prompts/framed-text.ts'

/** A prompt shows at most this many characters of one call's result. */
export const MAX_RESULT_CHARS = 8_000

/** Shows a journaled outcome to the model. */
export function showOutcome(outcome: {
  ok: boolean
  call: string
  value?: string | undefined
  reason?: string | undefined
  message?: string | undefined
}): FramedText {
  const { call, reason = 'error', message = 'no message' } = outcome
  if (!outcome.ok) {
    const why = cut(asData(message), MAX_RESULT_CHARS)
    return frame`Call ${asName(call)} failed (${asName(reason)}): ${why}`
  }
  const text = shownText(outcome.value ?? '{"$":["undefined"]}')
  return text === undefined ? asFrame('Done; there is no value.') : cut(asData(text), MAX_RESULT_CHARS)
}

/** The text that shows a value. Plain JSON is shown as it is, because decoding a long text takes long. */
function shownText(encoded: string): string | undefined {
  if (isPlainText(encoded) && !encoded.startsWith('"')) return encoded
  const value = decodeValue(encoded)
  if (value === undefined) return undefined
  return typeof value === 'string' ? value : (JSON.stringify(value, plain) ?? String(value))
}

/** Cuts a text to `limit` characters: keeps its start and end, and notes between them how much is missing. */
export function cut(shown: FramedText, limit: number): FramedText {
  const { length } = shown.text
  if (length <= limit) return shown
  const tail = Math.floor(limit / 4)
  const note = asFrame(`\n[… ${length - limit} of ${length} characters cut …]\n`)
  return joinFramed([sliceFramed(shown, 0, limit - tail), note, sliceFramed(shown, length - tail)], '')
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Map || value instanceof Set) return [...value]
  return value
}
