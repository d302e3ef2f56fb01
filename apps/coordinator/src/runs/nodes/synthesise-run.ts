import {
  type ArtifactRef,
  addUsage,
  NO_USAGE,
  type TaskError,
  type TaskResult,
  type TaskSpec,
  taskResultOf,
  type Usage,
} from '@bailiwick/contract'
import type { RunContext } from '../fold/run-context.ts'
import { completed, lastAttempt, openAttempts, type RunState } from '../fold/run-state.ts'
import { dispatch, settle } from '../tasks/dispatch-task.ts'
import { runOwnTask } from '../tasks/run-own-task.ts'
import { stopTasks } from '../tasks/stop-tasks.ts'
import { ANSWER, PLAN } from '../tasks/task-ids.ts'
import { reason } from './review-run.ts'
import { SYNTHESISER } from './synthesiser.ts'

/** Writes the answer from the results and ends the run. */
export async function synthesiseRun(context: RunContext): Promise<void> {
  const { log } = context
  if (log.state.ended !== undefined) return
  const done = completedResults(log.state)
  const result = await outcome(context, done)
  await stopTasks(context, 'the run has ended')
  const { state } = log
  const exhausted = runExhausted(state)
  const error = exhausted ?? result.error
  const answered = result.output ?? (exhausted === undefined ? undefined : outputs(state))
  await log.append({
    type: 'run.ended',
    at: Date.now(),
    status: exhausted === undefined ? result.status : 'exhausted',
    usage: totalUsage(state, context.watch.tasks),
    artifacts: allArtifacts(state),
    ...(answered !== undefined && { answer: answered }),
    ...(error !== undefined && { error }),
  })
}

async function outcome(context: RunContext, done: Record<string, TaskResult>): Promise<TaskResult> {
  const { submitted, plan } = context.log.state
  if (submitted.planOnly && plan !== undefined) {
    return { status: 'completed', output: plan, usage: NO_USAGE, artifacts: [] }
  }
  return Object.keys(done).length === 0 ? nothingDone(context.log.state) : answer(context, done)
}

async function answer(context: RunContext, done: Record<string, TaskResult>): Promise<TaskResult> {
  const { log, team } = context
  const writer = team.writer()
  const only = Object.values(done)
  // One result that nobody has to word anew is the answer.
  if (log.state.submitted.strategy === 'direct' && only[0] !== undefined) return only[0]
  if (writer === undefined && only.length === 1 && only[0] !== undefined) return only[0]
  for (;;) {
    const last = lastAttempt(log.state, ANSWER)
    if (last?.returned !== undefined) {
      const again = last.returned.status === 'failed' && last.attempt < context.config.limits.attempts
      if (!again) return taskResultOf(last.returned)
    }
    const attempt = last?.returned === undefined ? (last?.attempt ?? 1) : last.attempt + 1
    // One that was begun here is ended here, also where the team has got a writer since.
    if (writer === undefined || (last?.own && last.returned === undefined)) {
      await runOwnTask(context, SYNTHESISER, {
        name: ANSWER,
        attempt,
        text: answerText(log.state),
        inputs: [],
        results: done,
      })
      continue
    }
    if (last === undefined || last.returned !== undefined) {
      const task = {
        name: ANSWER,
        agent: writer,
        text: answerText(log.state),
        after: Object.keys(done),
        inputs: [],
      }
      await dispatch(context, task, attempt)
    }
    const open = openAttempts(log.state).find(({ name }) => name === ANSWER)
    if (open !== undefined) await settle(context, open)
  }
}

/** What there is where the budget does not reach for an answer: the results, by task. */
export function outputs(state: RunState): Record<string, unknown> | undefined {
  const done = Object.entries(completedResults(state)).map(([name, { output }]) => [name, output])
  return done.length === 0 ? undefined : Object.fromEntries(done)
}

function completedResults(state: RunState): TaskSpec['results'] {
  return Object.fromEntries(
    (state.plan?.tasks ?? []).flatMap(({ name }) => {
      const result = completed(state, name)
      return result === undefined ? [] : [[name, result]]
    }),
  )
}

/** What was asked, and what could not be had. */
function answerText(state: RunState): string {
  const missing = (state.plan?.tasks ?? []).flatMap(({ name, text }) => {
    const result = lastAttempt(state, name)?.returned
    return result?.status === 'completed'
      ? []
      : [`- ${text} (${result === undefined ? 'never begun' : reason(result)})`]
  })
  if (missing.length === 0) return state.submitted.text
  return `${state.submitted.text}\n\nThis could not be done, and the answer must say so:\n${missing.join('\n')}`
}

/** Nothing was completed: the run ends as its first failure did. */
function nothingDone(state: RunState): TaskResult {
  const names = [...(state.plan?.tasks ?? []).map(({ name }) => name), PLAN]
  const failed = names.flatMap((name) => {
    const last = lastAttempt(state, name)
    return last?.returned === undefined || last.returned.status === 'completed' ? [] : [last]
  })
  const first = failed[0]
  if (first?.returned === undefined) {
    const error = { code: 'no-result', message: 'no task of the plan could begin' }
    return { status: 'failed', error, usage: NO_USAGE, artifacts: [] }
  }
  const { status, error } = first.returned
  const lines = failed.map(
    ({ name, agent, returned }) => `${name} (${agent}) ${returned === undefined ? '' : reason(returned)}`,
  )
  return {
    status: status === 'canceled' ? 'failed' : status,
    error: { code: 'no-result', ...error, message: lines.join('\n') },
    usage: NO_USAGE,
    artifacts: [],
  }
}

/** What all attempts of a run used together. A result has its delegates' usage; what has none is summed up. */
export function totalUsage(state: RunState, tasks: RunContext['watch']['tasks']): Usage {
  const all = [...tasks.values()]
  const withDelegates = (task: string, result: TaskResult | undefined): Usage => {
    if (result !== undefined && result.usage.replies > 0) return result.usage
    const own = tasks.get(task)?.usage ?? NO_USAGE
    return all
      .filter(({ created }) => created.parent?.task === task)
      .map(({ created, ended }) => withDelegates(created.task, ended))
      .reduce(addUsage, own)
  }
  return [...state.attempts.values()]
    .flat()
    .map(({ task, returned }) => withDelegates(task, returned))
    .reduce(addUsage, NO_USAGE)
}

/** The error of a task that ended at a limit of the run's own budget, if one did and nothing made up for it. */
export function runExhausted(state: RunState): TaskError | undefined {
  const names = [PLAN, ...(state.plan?.tasks ?? []).map(({ name }) => name), ANSWER]
  for (const name of names) {
    const { status, error } = lastAttempt(state, name)?.returned ?? {}
    if (status !== 'exhausted' || error?.limit === undefined) continue
    if (!(error.limit in state.submitted.budget)) continue
    const { limit } = error
    return { code: 'exhausted', limit, message: `the run's budget (${limit}) is spent: ${error.message}` }
  }
  return undefined
}

/** Files of completed attempts; the last of a name stands. */
export function allArtifacts(state: RunState): ArtifactRef[] {
  const byKey = new Map<string, ArtifactRef>()
  for (const { returned } of [...state.attempts.values()].flat()) {
    if (returned?.status !== 'completed') continue
    for (const artifact of returned.artifacts) byKey.set(`${artifact.writer}/${artifact.key}`, artifact)
  }
  return [...byKey.values()]
}
