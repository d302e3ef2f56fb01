import { readyTasks } from '../decide/next-tasks.ts'
import { review } from '../decide/review.ts'
import { ANSWER, PLAN } from '../decide/task-ids.ts'
import { openAttempts } from '../fold/run-state.ts'
import { dispatch, settle } from './dispatch.ts'
import type { RunContext } from './run-context.ts'

/**
 * Dispatches every task as soon as its own dependencies are done, never waiting for a layer, until there is
 * something to review or nothing left to wait for.
 */
export async function executeRun(context: RunContext): Promise<void> {
  const { log, config } = context
  for (;;) {
    for (const task of readyTasks(log.state)) await dispatch(context, task)
    const open = openAttempts(log.state).filter(({ name }) => name !== PLAN && name !== ANSWER)
    const undecided = review(log.state, config.limits).some(({ kind }) => kind !== 'give-up')
    if (undecided || open.length === 0) return
    await Promise.race(open.map((attempt) => settle(context, attempt)))
  }
}
