import type { Plan } from '@bailiwick/contract'
import { completed, lastAttempt, type RunState } from './run-state.ts'

export type PlannedTask = Plan['tasks'][number]

/** Tasks of the plan that nobody was given yet and whose own dependencies are all completed. */
export function readyTasks(state: RunState): PlannedTask[] {
  return (state.plan?.tasks ?? []).filter(
    (task) =>
      lastAttempt(state, task.name) === undefined &&
      task.after.every((name) => completed(state, name) !== undefined),
  )
}

/** Tasks of the plan whose last attempt ended without success. */
export function failedTasks(state: RunState): PlannedTask[] {
  return (state.plan?.tasks ?? []).filter(({ name }) => {
    const result = lastAttempt(state, name)?.returned
    return result !== undefined && result.status !== 'completed'
  })
}
