/** A call's outcome as the model reads it. */
export function showOutcome(outcome: {
  ok: boolean
  value?: unknown
  reason?: string | undefined
  message?: string | undefined
}): string {
  if (!outcome.ok) return `Error (${outcome.reason ?? 'error'}): ${outcome.message ?? 'no message'}`
  if (outcome.value === undefined) return 'Done (no value).'
  return typeof outcome.value === 'string' ? outcome.value : JSON.stringify(outcome.value, bigints, 1)
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
