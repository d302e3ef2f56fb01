import { readyTasks } from '../fold/next-tasks.ts'
import type { RunContext } from '../fold/run-context.ts'
import { openAttempts } from '../fold/run-state.ts'
import { dispatch, settle } from '../tasks/dispatch-task.ts'
import { ANSWER, PLAN } from '../tasks/task-ids.ts'
import { review } from './review-run.ts'

/**
 * Dispatches every task as soon as its own dependencies are done, waiting for no layer and for no other task's
 * dispatch, until there is something to review or nothing left to wait for.
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
      const undecided = review(log.state, config.limits).some(({ kind }) => kind !== 'give-up')
      if (undecided || open.length + dispatching.size === 0) break
      await Promise.race([...dispatching.values(), ...open.map((attempt) => settle(context, attempt))])
    }
    await Promise.all(dispatching.values())
  } catch (error) {
    // Whoever ends the run now has to know of every task that was given out.
    await Promise.allSettled(dispatching.values())
    throw error
  }
}
