import type { TaskResult } from '@bailiwick/contract'
import type { RunContext } from '../state/run-context.ts'
import { describeFailure } from '../state/run-outcome.ts'
import {
  failedTasks,
  lastAttempt,
  openTasks,
  type PlannedTask,
  type RunState,
  readyTasks,
} from '../state/run-state.ts'
import { dispatch } from '../tasks/dispatch-task.ts'

/** Retries or routes tasks, or requests another plan. @returns the next node */
export async function reviewRun(context: RunContext): Promise<'execute' | 'plan' | 'synthesise'> {
  const { log, config } = context
  const verdicts = review(log.state, config.limits)
  if (verdicts.some(({ kind }) => kind === 'replan')) return 'plan'
  const attempts = verdicts.flatMap((verdict) => {
    if (verdict.kind !== 'route' && verdict.kind !== 'retry') return []
    return [{ name: verdict.task.name, agent: verdict.task.agent, attempt: verdict.attempt }]
  })
  if (attempts.length > 0) await dispatch(context, attempts)
  return openTasks(log.state).length > 0 || readyTasks(log.state).length > 0 ? 'execute' : 'synthesise'
}

/** What to do about one task. */
export type Verdict =
  /** A router chose another agent, which gets the task. */
  | { kind: 'route'; task: PlannedTask; attempt: number }
  | { kind: 'retry'; task: PlannedTask; attempt: number; reason: string }
  | { kind: 'replan'; reason: string }
  | { kind: 'give-up'; task: PlannedTask; reason: string }

/** Errors that another attempt would meet too. */
const PERMANENT = new Set([
  'bad-definition',
  'dead-letter',
  'bad-input',
  'model-auth',
  'model-unknown',
  'model-quota',
  'model-script',
  'model-unable',
  'no-host',
  'refused',
])

/**
 * Decides about every failed and every routed task; a pure function of the journal. A failed task is retried if
 * attempts are left and another attempt could succeed. Otherwise the plan is changed, or the task given up.
 */
export function review(state: RunState, limits: { attempts: number; replans: number }): Verdict[] {
  const verdicts: Verdict[] = reviewRoutedTasks(state)
  for (const task of failedTasks(state)) {
    const last = lastAttempt(state, task.name)
    if (last?.returned === undefined) continue
    const reason = describeFailure(last.returned)
    if (canRetry(last.returned) && last.attempt < limits.attempts) {
      verdicts.push({
        kind: 'retry',
        task: { ...task, agent: last.agent },
        attempt: last.attempt + 1,
        reason,
      })
    } else if (canReplan(state, last.returned, limits)) {
      return [{ kind: 'replan', reason: `${task.name} (${task.agent}): ${reason}` }]
    } else {
      verdicts.push({ kind: 'give-up', task, reason })
    }
  }
  return verdicts
}

function reviewRoutedTasks(state: RunState): Verdict[] {
  return (state.plan?.tasks ?? []).flatMap((task): Verdict[] => {
    const last = lastAttempt(state, task.name)
    if (last?.routedTo === undefined) return []
    const hadIt = state.attempts.get(task.name)?.some(({ agent }) => agent === last.routedTo)
    return hadIt
      ? [{ kind: 'give-up', task, reason: `it was routed to ${last.routedTo} twice` }]
      : [{ kind: 'route', task: { ...task, agent: last.routedTo }, attempt: last.attempt + 1 }]
  })
}

function canRetry(result: TaskResult): boolean {
  return result.status === 'failed' && !PERMANENT.has(result.error?.code ?? '')
}

function canReplan(state: RunState, result: TaskResult, limits: { replans: number }): boolean {
  // Another plan would use the same model.
  const isModelError = result.error?.code.startsWith('model-') === true
  return state.submitted.strategy === 'plan' && state.plans - 1 < limits.replans && !isModelError
}
