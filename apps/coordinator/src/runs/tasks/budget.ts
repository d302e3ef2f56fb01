import type { Budget } from '@bailiwick/contract'
import type { RunState } from '../fold/run-state.ts'
import type { WatchedTask } from '../fold/watched-task.ts'

/** Limits that are used up by working, as against by waiting. */
export const SPENT_LIMITS = ['tokens', 'cost', 'steps', 'calls'] as const

/** What was used, or may be, of each such limit. */
export type Spent = Record<(typeof SPENT_LIMITS)[number], number>

export const NOTHING: Spent = { tokens: 0, cost: 0, steps: 0, calls: 0 }

/** What a task has used, its delegates included once it has ended. */
export function used({ usage, step, calls }: Pick<WatchedTask, 'usage' | 'step' | 'calls'>): Spent {
  // An unknown cost cannot be counted; the models refuse a cost limit without a price anyway.
  return { tokens: usage.inputTokens + usage.outputTokens, cost: usage.cost ?? 0, steps: step, calls }
}

/** What a task has used, once it has ended; until then also what it may use still. */
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

/** What is left of a budget's own limits, never below nothing; limits that it does not have are not in it. */
export function leftOf(budget: Budget, taken: Spent): Budget {
  const left: Budget = {}
  for (const limit of SPENT_LIMITS) {
    const most = budget[limit]
    if (most !== undefined) left[limit] = Math.max(0, most - taken[limit])
  }
  return left
}

/** A part of what is left. Only money is divisible. */
export function partOf(left: Budget, share: number): Budget {
  const part: Budget = {}
  for (const limit of SPENT_LIMITS) {
    const most = left[limit]
    if (most !== undefined) part[limit] = limit === 'cost' ? most * share : Math.floor(most * share)
  }
  return part
}

/**
 * What a run's attempts have used or may use still. `unknown`: open ones whose grant has not been read yet,
 * as when a coordinator has just taken the run over.
 */
export function spentOfRun(
  state: RunState,
  tasks: ReadonlyMap<string, WatchedTask>,
): { taken: Spent; unknown: number } {
  let taken = NOTHING
  let unknown = 0
  for (const { task, returned } of [...state.attempts.values()].flat()) {
    const known = tasks.get(task)
    if (returned !== undefined) taken = addSpent(taken, used({ ...counted(known), usage: returned.usage }))
    else if (known !== undefined) taken = addSpent(taken, reserved(known))
    else unknown += 1
  }
  return { taken, unknown }
}

function counted(task: WatchedTask | undefined): { step: number; calls: number } {
  return { step: task?.step ?? 0, calls: task?.calls ?? 0 }
}
