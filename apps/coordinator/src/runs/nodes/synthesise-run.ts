import { type AgentDefinition, NO_USAGE, type TaskResult, taskResultOf } from '@bailiwick/contract'
import { fence } from '@bailiwick/core'
import type { RunContext } from '../state/run-context.ts'
import {
  allArtifacts,
  budgetError,
  completedResults,
  describeFailure,
  failedResult,
  outputs,
  totalUsage,
} from '../state/run-outcome.ts'
import { lastAttempt, openAttempts, type RunState } from '../state/run-state.ts'
import { ANSWER } from '../state/task-ids.ts'
import { dispatch, settle } from '../tasks/dispatch-task.ts'
import { runOwnTask } from '../tasks/run-own-task.ts'
import { stopTasks } from '../tasks/task-lifecycle.ts'

/** The level-0 agent that writes the answer if the team has no writer. */
const SYNTHESISER: AgentDefinition = {
  name: 'synthesiser',
  description: 'Writes the answer from the results.',
  level: 0,
  instructions: `You are given what was asked and the results of the specialists. Write the answer in Markdown:
first the answer itself, then what supports it. Use only what the results say.`,
  references: true,
}

/** Writes the answer from the results and ends the run. */
export async function synthesiseRun(context: RunContext): Promise<void> {
  const { log } = context
  if (log.state.ended !== undefined) return
  const result = await resultOfRun(context)
  await stopTasks(context, 'the run has ended')
  const { state } = log
  const exhausted = budgetError(state)
  const error = exhausted ?? result.error
  const answer = result.output ?? (exhausted === undefined ? undefined : outputs(state))
  await log.append({
    type: 'run.ended',
    at: Date.now(),
    status: exhausted === undefined ? result.status : 'exhausted',
    usage: totalUsage(state, context.watch.tasks),
    artifacts: allArtifacts(state),
    ...(answer !== undefined && { answer }),
    ...(error !== undefined && { error }),
  })
}

async function resultOfRun(context: RunContext): Promise<TaskResult> {
  const { submitted, plan } = context.log.state
  if (submitted.planOnly && plan !== undefined) {
    return { status: 'completed', output: plan, usage: NO_USAGE, artifacts: [] }
  }
  const results = completedResults(context.log.state)
  return Object.keys(results).length === 0 ? failedResult(context.log.state) : writeAnswer(context, results)
}

async function writeAnswer(
  context: RunContext,
  results: ReturnType<typeof completedResults>,
): Promise<TaskResult> {
  const { log, team } = context
  const writer = team.writer()
  const [first, second] = Object.values(results)
  // If no agent needs to reword it, a single result is the answer.
  if (log.state.submitted.strategy === 'direct' && first !== undefined) return first
  if (writer === undefined && first !== undefined && second === undefined) return first
  for (;;) {
    const last = lastAttempt(log.state, ANSWER)
    if (last?.returned !== undefined) {
      const canRetry = last.returned.status === 'failed' && last.attempt < context.config.limits.attempts
      if (!canRetry) return taskResultOf(last.returned)
    }
    const attempt = last?.returned === undefined ? (last?.attempt ?? 1) : last.attempt + 1
    // An answer that the coordinator has begun is finished here, even if the team now has a writer.
    if (writer === undefined || (last?.own && last.returned === undefined)) {
      const text = answerText(log.state)
      await runOwnTask(context, SYNTHESISER, { name: ANSWER, attempt, text, inputs: [], results })
      continue
    }
    if (last === undefined || last.returned !== undefined) {
      const text = answerText(log.state)
      const task = { name: ANSWER, agent: writer, text, after: Object.keys(results), inputs: [] }
      await dispatch(context, task, attempt)
    }
    const open = openAttempts(log.state).find(({ name }) => name === ANSWER)
    if (open !== undefined) await settle(context, open)
  }
}

/** The user's request, and the tasks that have no result. */
function answerText(state: RunState): string {
  const missing = (state.plan?.tasks ?? []).flatMap(({ name, text }) => {
    const result = lastAttempt(state, name)?.returned
    return result?.status === 'completed'
      ? []
      : [`- ${text} (${result === undefined ? 'never begun' : fence('data', describeFailure(result))})`]
  })
  if (missing.length === 0) return state.submitted.text
  return `${state.submitted.text}\n\nThis could not be done, and the answer must say so:\n${missing.join('\n')}`
}
