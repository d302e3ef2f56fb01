import type { RunContext } from '../state/run-context.ts'
import { openAttempts, readyTasks } from '../state/run-state.ts'
import { ANSWER, PLAN } from '../state/task-ids.ts'
import { dispatch, settle } from '../tasks/dispatch-task.ts'
import { review } from './review-run.ts'

/**
 * Dispatches each task as soon as its own dependencies are done, without waiting for a layer or for the dispatch of
 * other tasks. Returns when there is something to review, or when no task is open.
 */
export async function executeRun(context: RunContext): Promise<void> {
  const { log, config } = context
  const dispatching = new Map<string, Promise<void>>()
  try {
    for (;;) {
      for (const task of readyTasks(log.state)) {
        if (dispatching.has(task.name)) continue
        const dispatched = dispatch(context, task).then(() => void dispatching.delete(task.name))
        dispatching.set(task.name, dispatched)
      }
      const open = openAttempts(log.state).filter(({ name }) => name !== PLAN && name !== ANSWER)
      const needsReview = review(log.state, config.limits).some(({ kind }) => kind !== 'give-up')
      if (needsReview || open.length + dispatching.size === 0) break
      await Promise.race([...dispatching.values(), ...open.map((attempt) => settle(context, attempt))])
    }
    await Promise.all(dispatching.values())
  } catch (error) {
    // The run's end stops every dispatched task, so all dispatches must be journaled first.
    await Promise.allSettled(dispatching.values())
    throw error
  }
}
