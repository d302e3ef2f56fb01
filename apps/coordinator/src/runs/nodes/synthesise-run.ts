import { NO_USAGE, type TaskResult, taskResultOf } from '@bailiwick/contract'
import { answerText } from '../state/answer-text.ts'
import type { RunContext } from '../state/run-context.ts'
import {
  allArtifacts,
  budgetError,
  completedResults,
  failedResult,
  outputs,
  usageOfRun,
} from '../state/run-outcome.ts'
import { isDirect, lastAttempt, type RunState } from '../state/run-state.ts'
import { ANSWER } from '../state/task-ids.ts'
import { dispatch } from '../tasks/dispatch-task.ts'
import { startOwnTask } from '../tasks/run-own-task.ts'
import { stopTasks } from '../tasks/task-lifecycle.ts'
import { SYNTHESISER } from './synthesiser.ts'

/** Writes the answer from the results and ends the run, or waits for the task that writes it. */
export async function synthesiseRun(context: RunContext): Promise<'wait'> {
  const { log } = context
  if (log.state.ended !== undefined) return 'wait'
  const result = await resultOfRun(context)
  if (result === undefined) return 'wait'
  await stopTasks(context, 'the run has ended')
  const { state } = log
  const exhausted = budgetError(state)
  const error = exhausted ?? result.error
  const answer = result.output ?? (exhausted === undefined ? undefined : outputs(state))
  log.add({
    type: 'run.ended',
    at: Date.now(),
    status: exhausted === undefined ? result.status : 'exhausted',
    usage: await usageOfRun(context),
    artifacts: allArtifacts(state),
    ...(answer !== undefined && { answer }),
    ...(error !== undefined && { error }),
  })
  return 'wait'
}

/** Undefined until the answer is written. */
async function resultOfRun(context: RunContext): Promise<TaskResult | undefined> {
  const { submitted, plan } = context.log.state
  if (submitted.planOnly && plan !== undefined) {
    return { status: 'completed', output: plan, usage: NO_USAGE, artifacts: [] }
  }
  const results = completedResults(context.log.state)
  return Object.keys(results).length === 0 ? failedResult(context.log.state) : writeAnswer(context, results)
}

/** If no answer could be written, the results of the specialists take its place. */
function withResults(result: TaskResult, state: RunState): TaskResult {
  if (result.status === 'completed' || result.status === 'canceled') return result
  const { code = 'no-answer', message = 'no reason given', ...error } = result.error ?? {}
  return {
    ...result,
    output: outputs(state),
    error: {
      ...error,
      code,
      message: `The answer could not be written, so it is the results of the tasks, by name. ${message}`,
    },
  }
}

async function writeAnswer(
  context: RunContext,
  results: ReturnType<typeof completedResults>,
): Promise<TaskResult | undefined> {
  const { log, team } = context
  const writer = team.writer()
  const [first, second] = Object.values(results)
  // If no agent needs to reword it, a single result is the answer.
  if (isDirect(log.state) && first !== undefined) return first
  if (writer === undefined && first !== undefined && second === undefined) return first
  const last = lastAttempt(log.state, ANSWER)
  if (last?.returned !== undefined) {
    const canRetry = last.returned.status === 'failed' && last.attempt < context.config.limits.attempts
    if (!canRetry) return withResults(taskResultOf(last.returned), log.state)
  }
  const isOpen = last !== undefined && last.returned === undefined
  const attempt = isOpen ? last.attempt : (last?.attempt ?? 0) + 1
  // An answer that the coordinator has begun is finished here, even if the team now has a writer.
  if (writer === undefined || (isOpen && last.own)) {
    const text = answerText(log.state)
    await startOwnTask(context, () => SYNTHESISER, { name: ANSWER, attempt, text, inputs: [], results })
  } else if (!isOpen) await dispatch(context, [{ name: ANSWER, agent: writer, attempt }])
  return undefined
}
