import { decodeValue } from '@bailiwick/contract'

/** A prompt shows at most this many characters of one call's result. */
export const MAX_RESULT_CHARS = 8_000

/** Shows a journaled outcome to the model. */
export function showOutcome(outcome: {
  ok: boolean
  call: string
  value?: string | undefined
  reason?: string | undefined
  message?: string | undefined
}): string {
  if (!outcome.ok)
    return `Call ${outcome.call} failed (${outcome.reason ?? 'error'}): ${outcome.message ?? 'no message'}`
  const value = decodeValue(outcome.value ?? '{"$":["undefined"]}')
  if (value === undefined) return 'Done; there is no value.'
  return cut(
    typeof value === 'string' ? value : (JSON.stringify(value, plain) ?? String(value)),
    MAX_RESULT_CHARS,
  )
}

/** Cuts a text to `limit` characters: keeps its start and end, and notes between them how much is missing. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const tail = Math.floor(limit / 4)
  const missing = text.length - limit
  return `${text.slice(0, limit - tail)}\n[… ${missing} of ${text.length} characters cut …]\n${text.slice(-tail)}`
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Map || value instanceof Set) return [...value]
  return value
}
