import type { Budget } from '@bailiwick/contract'
import type { IndexedRun } from '../run-index.ts'
import type { RunState } from '../state/run-state.ts'
import type { WatchedTask } from '../state/watched-task.ts'

/** The limits that work uses up. The other one, `wallMs`, is used up by time. */
const SPENT_LIMITS = ['tokens', 'cost', 'steps', 'calls'] as const

/** An amount of each limit that work uses up. */
export type Spent = Record<(typeof SPENT_LIMITS)[number], number>

export const NOTHING: Spent = { tokens: 0, cost: 0, steps: 0, calls: 0 }

/** Whether a budget has limits that work uses up. Without any, nobody needs to know what was spent. */
export function hasSpentLimits(budget: Budget): boolean {
  return SPENT_LIMITS.some((limit) => budget[limit] !== undefined)
}

/** What a task has used. If it has ended, that includes its delegates. */
export function used({ usage, step, calls }: Pick<WatchedTask, 'usage' | 'step' | 'calls'>): Spent {
  // An unknown cost counts as 0: with a cost limit, models without a price are refused.
  return { tokens: usage.inputTokens + usage.outputTokens, cost: usage.cost ?? 0, steps: step, calls }
}

/** What a task has used if it has ended; otherwise what it may still use in all. */
export function reserved(task: WatchedTask): Spent {
  const soFar = used(task)
  if (task.ended !== undefined) return soFar
  const { budget } = task.created.grant
  const most = { ...soFar }
  for (const limit of SPENT_LIMITS) most[limit] = Math.max(soFar[limit], budget[limit] ?? 0)
  return most
}

export function addSpent(a: Spent, b: Spent): Spent {
  const sum = { ...a }
  for (const limit of SPENT_LIMITS) sum[limit] += b[limit]
  return sum
}

/** What is left of a budget, at least 0. Has only the limits that the budget has. */
export function leftOf(budget: Budget, taken: Spent): Budget {
  const left: Budget = {}
  for (const limit of SPENT_LIMITS) {
    const most = budget[limit]
    if (most !== undefined) left[limit] = Math.max(0, most - taken[limit])
  }
  return left
}

/** A share of what is left. All limits except the cost are rounded down to whole numbers. */
export function partOf(left: Budget, share: number): Budget {
  const part: Budget = {}
  for (const limit of SPENT_LIMITS) {
    const most = left[limit]
    if (most !== undefined) part[limit] = limit === 'cost' ? most * share : Math.floor(most * share)
  }
  return part
}

/** The smaller value of each limit. */
export function smallest(a: Budget, b: Budget): Budget {
  const both: Budget = { ...a }
  for (const key of ['steps', 'tokens', 'cost', 'wallMs', 'calls'] as const) {
    const limit = b[key]
    if (limit !== undefined) both[key] = Math.min(limit, both[key] ?? Number.POSITIVE_INFINITY)
  }
  return both
}

/**
 * What a run's attempts have used or may still use.
 *
 * @returns in `unknown` the number of open attempts whose grant has not been read yet, for example right after this
 *   coordinator has taken over the run
 */
export function spentOfRun(
  state: RunState,
  tasks: ReadonlyMap<string, WatchedTask>,
): { taken: Spent; unknown: number } {
  let taken = NOTHING
  let unknown = 0
  for (const { task, returned } of [...state.attempts.values()].flat()) {
    const known = tasks.get(task)
    if (returned !== undefined) {
      const { step = 0, calls = 0 } = known ?? {}
      taken = addSpent(taken, used({ step, calls, usage: returned.usage }))
    } else if (known !== undefined) taken = addSpent(taken, reserved(known))
    else unknown += 1
  }
  return { taken, unknown }
}

/** What is left of a run's wall time. */
export function wallTimeLeft(run: Pick<IndexedRun, 'deadline'> | undefined): Pick<Budget, 'wallMs'> {
  return run?.deadline === undefined ? {} : { wallMs: Math.max(1, run.deadline - Date.now()) }
}

/**
 * The budget of one task: an equal share of what is left, within the ceiling of its agent. What a task does not use is
 * left for the next ones.
 *
 * @param options.taken what was used or is reserved
 * @param options.shares number of tasks that need a share, including this one
 */
export function carveBudget(options: {
  whole: Budget
  taken: Spent
  shares: number
  ceiling?: Budget | undefined
}): Budget {
  const { whole, taken, shares, ceiling = {} } = options
  const part = partOf(leftOf(whole, taken), 1 / Math.max(1, shares))
  if (whole.wallMs !== undefined) part.wallMs = whole.wallMs
  return smallest(part, ceiling)
}
