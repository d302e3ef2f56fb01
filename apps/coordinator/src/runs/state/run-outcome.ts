import {
  type ArtifactRef,
  addUsage,
  type Budget,
  NO_USAGE,
  type TaskError,
  type TaskResult,
  type TaskSpec,
  type Usage,
} from '@bailiwick/contract'
import type { RunContext } from './run-context.ts'
import { type Attempt, completed, lastAttempt, type RunState } from './run-state.ts'
import { ANSWER, PLAN } from './task-ids.ts'
import type { WatchedTask } from './watched-task.ts'

/** The results of the plan's completed tasks, by name. */
export function completedResults(state: RunState): TaskSpec['results'] {
  return Object.fromEntries(
    (state.plan?.tasks ?? []).flatMap(({ name }) => {
      const result = completed(state, name)
      return result === undefined ? [] : [[name, result]]
    }),
  )
}

/** The answer of a run whose budget is spent before one is written: the outputs of its completed tasks, by name. */
export function outputs(state: RunState): Record<string, unknown> | undefined {
  const done = Object.entries(completedResults(state)).map(([name, { output }]) => [name, output])
  return done.length === 0 ? undefined : Object.fromEntries(done)
}

/**
 * The usage of all attempts. A result includes its delegates' usage; for an attempt without one, the usage of its task
 * and its delegates is added up.
 */
export async function usageOfRun({ log, views }: Pick<RunContext, 'log' | 'views'>): Promise<Usage> {
  const attempts = [...log.state.attempts.values()].flat()
  const hasOwn = ({ returned }: Attempt) => returned !== undefined && returned.usage.replies > 0
  // Reading the tasks' journals is rarely needed.
  if (attempts.every(hasOwn)) return totalUsage(log.state, new Map())
  return totalUsage(log.state, (await views()).tasks)
}

function totalUsage(state: RunState, tasks: ReadonlyMap<string, WatchedTask>): Usage {
  const all = [...tasks.values()]
  const withDelegates = (task: string, result: Pick<TaskResult, 'usage'> | undefined): Usage => {
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

/** The error of a task that ended at a limit of the run's own budget, unless a later attempt made up for it. */
export function budgetError(state: RunState): TaskError | undefined {
  const names = [PLAN, ...(state.plan?.tasks ?? []).map(({ name }) => name), ANSWER]
  for (const name of names) {
    const { status, error } = lastAttempt(state, name)?.returned ?? {}
    if (status !== 'exhausted' || error?.limit === undefined) continue
    if (!(error.limit in state.submitted.budget)) continue
    const { limit } = error
    const whole = state.submitted.budget[limit as keyof Budget]
    return {
      code: 'exhausted',
      limit,
      message: `the run's budget (${limit}) does not suffice${inWords(state, limit, whole)}. Task ${name} stopped, because ${error.message}. Give the run a larger budget, or a smaller task`,
    }
  }
  return undefined
}

/** How much of a run's budget is used, and what happens to the rest: each task gets a share of it. */
function inWords(state: RunState, limit: string, whole: number | undefined): string {
  if (whole === undefined) return ''
  if (limit !== 'tokens' && limit !== 'cost') return `: it is ${whole}, and each task gets only a share of it`
  const usage = [...state.attempts.values()]
    .flat()
    .map(({ returned }) => returned?.usage ?? NO_USAGE)
    .reduce(addUsage, NO_USAGE)
  const used = limit === 'tokens' ? usage.inputTokens + usage.outputTokens : (usage.cost ?? 0)
  const unit = limit === 'tokens' ? (n: number) => `${n} tokens` : (n: number) => `$${n}`
  return `: of ${unit(whole)}, its tasks have used ${unit(used)}; each task gets only a share of what is left`
}

/** The files of completed attempts. A later file replaces an earlier one with the same writer and key. */
export function allArtifacts(state: RunState): ArtifactRef[] {
  const byKey = new Map<string, ArtifactRef>()
  for (const { returned } of [...state.attempts.values()].flat()) {
    if (returned?.status !== 'completed') continue
    for (const artifact of returned.artifacts) byKey.set(`${artifact.writer}/${artifact.key}`, artifact)
  }
  return [...byKey.values()]
}

/** The result of a run without any completed task: it ends like its first failed task. */
export function failedResult(state: RunState): TaskResult {
  const names = [...(state.plan?.tasks ?? []).map(({ name }) => name), PLAN]
  const failed = names.flatMap((name) => {
    const last = lastAttempt(state, name)
    return last?.returned === undefined || last.returned.status === 'completed'
      ? []
      : [{ name, agent: last.agent, result: last.returned }]
  })
  const [first] = failed
  if (first === undefined) {
    const error = { code: 'no-result', message: 'no task of the plan could start' }
    return { status: 'failed', error, usage: NO_USAGE, artifacts: [] }
  }
  const { status, error } = first.result
  const lines = failed.map(({ name, agent, result }) => `${name} (${agent}) ${describeFailure(result)}`)
  return {
    status: status === 'canceled' ? 'failed' : status,
    error: { code: 'no-result', ...error, message: lines.join('\n') },
    usage: NO_USAGE,
    artifacts: [],
  }
}

/** Why a task did not succeed, in one line. */
export function describeFailure(result: Pick<TaskResult, 'status' | 'error'>): string {
  return `${result.status}: ${result.error?.message ?? 'no reason given'}`
}
