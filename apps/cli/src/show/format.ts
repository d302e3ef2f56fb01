import type { Usage } from '@bailiwick/contract'

/** `950 ms`, `3.2 s`, `2 min 5 s`. A time that lies before its start, because a clock was set back, is 0. */
export function duration(time: number): string {
  const ms = Math.max(0, time)
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`
}

/** `812`, `12.4k`, `1.2M`. */
export function count(value: number): string {
  if (value < 1_000) return String(value)
  return value < 1_000_000 ? `${(value / 1_000).toFixed(1)}k` : `${(value / 1_000_000).toFixed(1)}M`
}

/** `$0.0123`, or `cost unknown` for null: an unknown price is not 0. */
export function money(cost: number | null): string {
  return cost === null ? 'cost unknown' : `$${cost.toFixed(4)}`
}

/** `12.4k tokens, $0.0123`. */
export function spent({ inputTokens, outputTokens, cost }: Usage): string {
  return `${count(inputTokens + outputTokens)} tokens, ${money(cost)}`
}
