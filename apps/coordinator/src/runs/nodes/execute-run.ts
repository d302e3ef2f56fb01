import type { RunContext } from '../state/run-context.ts'
import { lastAttempt, openTasks, readyTasks } from '../state/run-state.ts'
import { PLAN } from '../state/task-ids.ts'
import { dispatch } from '../tasks/dispatch-task.ts'
import { review } from './review-run.ts'

/**
 * Dispatches each task whose dependencies are done, without waiting for a layer.
 *
 * @returns the next node: `review` if there is something to decide, `synthesise` if all tasks are done or given up.
 *   Otherwise the run waits for its tasks
 */
export async function executeRun(context: RunContext): Promise<'review' | 'synthesise' | 'wait'> {
  const { log, config } = context
  // Another plan is being made, which may do without them.
  const isPlanning = lastAttempt(log.state, PLAN)?.returned === undefined && log.state.attempts.has(PLAN)
  const ready = (isPlanning ? [] : readyTasks(log.state)).map(({ name, agent }) => ({
    name,
    agent,
    attempt: 1,
  }))
  if (ready.length > 0) await dispatch(context, ready)
  if (review(log.state, config.limits).some(({ kind }) => kind !== 'give-up')) return 'review'
  return openTasks(log.state).length > 0 ? 'wait' : 'synthesise'
}
