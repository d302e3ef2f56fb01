import { readyTasks } from '../fold/next-tasks.ts'
import type { RunContext } from '../fold/run-context.ts'
import { openAttempts } from '../fold/run-state.ts'
import { dispatch } from '../tasks/dispatch-task.ts'
import { ANSWER, PLAN } from '../tasks/task-ids.ts'
import { review } from './review-run.ts'

/** Acts on failed tasks: tries again, asks for another plan, or lets them be. @returns what is next */
export async function reviewRun(context: RunContext): Promise<'execute' | 'plan' | 'synthesise'> {
  const { log, config } = context
  const verdicts = review(log.state, config.limits)
  if (verdicts.some(({ kind }) => kind === 'replan')) return 'plan'
  for (const verdict of verdicts) {
    if (verdict.kind === 'route') await dispatch(context, verdict.task, verdict.attempt)
    if (verdict.kind === 'retry') await dispatch(context, verdict.task, verdict.attempt, verdict.because)
  }
  const state = log.state
  const open = openAttempts(state).filter(({ name }) => name !== PLAN && name !== ANSWER)
  return open.length > 0 || readyTasks(state).length > 0 ? 'execute' : 'synthesise'
}
