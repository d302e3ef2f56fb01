import { addUsage, type Budget, NO_USAGE, type Usage } from '@bailiwick/core/contract'
import type { RunState } from '../fold/run-state.ts'
import type { TaskState } from '../fold/task-state.ts'

/** What a run has spent: every attempt that has ended, and what open ones have used so far. */
export function spent(state: RunState, tasks: ReadonlyMap<string, TaskState>): Usage {
  return [...state.attempts.values()]
    .flat()
    .map(({ task, result }) => result?.usage ?? tasks.get(task)?.usage ?? NO_USAGE)
    .reduce(addUsage, NO_USAGE)
}

/**
 * A task's part of a budget: what is left, in equal parts for the shares still to come, under the
 * ceiling of its agent. What a task does not use is left again for the next.
 *
 * @param shares tasks that want a part of what is left, this one included
 */
export function carveBudget(options: {
  whole: Budget
  used: Usage
  shares: number
  ceiling?: Budget | undefined
  elapsedMs: number
}): Budget {
  const { whole, used, ceiling = {}, elapsedMs } = options
  const shares = Math.max(1, options.shares)
  const part: Budget = {}
  if (whole.tokens !== undefined) {
    part.tokens = Math.max(0, Math.floor((whole.tokens - used.inputTokens - used.outputTokens) / shares))
  }
  // An unknown cost cannot be subtracted; the models refuse a cost limit without a price anyway.
  if (whole.cost !== undefined) part.cost = Math.max(0, (whole.cost - (used.cost ?? 0)) / shares)
  if (whole.wallMs !== undefined) part.wallMs = Math.max(1, whole.wallMs - elapsedMs)
  if (whole.steps !== undefined) part.steps = whole.steps
  if (whole.calls !== undefined) part.calls = Math.floor(whole.calls / shares)
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
