import { decodeValue } from '@bailiwick/contract'
import { cut } from './cut.ts'

/** Characters of one call's result that a prompt shows at most. */
export const RESULT_CHARS = 8_000

/** A journaled outcome as the model reads it. */
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
    RESULT_CHARS,
  )
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Map || value instanceof Set) return [...value]
  return value
}
