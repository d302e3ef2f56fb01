import type { Budget } from '@bailiwick/contract'
import { leftOf, partOf, type Spent } from './budget.ts'

/**
 * A task's part of a budget: what is left, in equal parts for the shares still to come, under the
 * ceiling of its agent. What a task does not use is left again for the next.
 *
 * @param options.taken what was used, and what others may use still
 * @param options.shares tasks that want a part of what is left, this one included
 */
export function carveBudget(options: {
  whole: Budget
  taken: Spent
  shares: number
  ceiling?: Budget | undefined
  elapsedMs: number
}): Budget {
  const { whole, taken, shares, ceiling = {}, elapsedMs } = options
  const part = partOf(leftOf(whole, taken), 1 / Math.max(1, shares))
  if (whole.wallMs !== undefined) part.wallMs = Math.max(1, whole.wallMs - elapsedMs)
  return smallest(part, ceiling)
}

/** The stricter of two budgets, limit by limit. */
export function smallest(a: Budget, b: Budget): Budget {
  const both: Budget = { ...a }
  for (const key of ['steps', 'tokens', 'cost', 'wallMs', 'calls'] as const) {
    const limit = b[key]
    if (limit !== undefined) both[key] = Math.min(limit, both[key] ?? Number.POSITIVE_INFINITY)
  }
  return both
}
