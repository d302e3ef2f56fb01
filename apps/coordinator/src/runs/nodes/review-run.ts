import type { TaskResult } from '@bailiwick/contract'
import { failedTasks, type PlannedTask } from '../fold/next-tasks.ts'
import { lastAttempt, type RunState } from '../fold/run-state.ts'

/** What becomes of a failed task. */
export type Verdict =
  /** A router chose another agent: the task goes on to that one. */
  | { kind: 'route'; task: PlannedTask; attempt: number }
  | { kind: 'retry'; task: PlannedTask; attempt: number; because: string }
  | { kind: 'replan'; because: string }
  | { kind: 'give-up'; task: PlannedTask; because: string }

/** Errors that the next attempt would meet as well. */
const LASTING = new Set([
  'bad-definition',
  'dead-letter',
  'bad-input',
  'model-auth',
  'model-unknown',
  'model-quota',
  'model-script',
  'no-host',
  'refused',
])

/**
 * What to do about every task that was routed on, and about every failed one, a pure function of the journal: try again while attempts are left
 * and another attempt could go otherwise, then change the plan once, then give the task up.
 */
export function review(state: RunState, limits: { attempts: number; replans: number }): Verdict[] {
  const failed = failedTasks(state)
  const verdicts: Verdict[] = routedTasks(state)
  for (const task of failed) {
    const last = lastAttempt(state, task.name)
    if (last?.returned === undefined) continue
    const because = reason(last.returned)
    if (mayRetry(last.returned) && last.attempt < limits.attempts) {
      verdicts.push({
        kind: 'retry',
        task: { ...task, agent: last.agent },
        attempt: last.attempt + 1,
        because,
      })
    } else if (mayReplan(state, last.returned, limits)) {
      return [{ kind: 'replan', because: `${task.name} (${task.agent}): ${because}` }]
    } else {
      verdicts.push({ kind: 'give-up', task, because })
    }
  }
  return verdicts
}

function routedTasks(state: RunState): Verdict[] {
  return (state.plan?.tasks ?? []).flatMap((task): Verdict[] => {
    const last = lastAttempt(state, task.name)
    if (last?.routedTo === undefined) return []
    const been = state.attempts.get(task.name)?.some(({ agent }) => agent === last.routedTo)
    if (been)
      return [{ kind: 'give-up', task, because: `${last.routedTo} had it before: it goes in a circle` }]
    return [{ kind: 'route', task: { ...task, agent: last.routedTo }, attempt: last.attempt + 1 }]
  })
}

function mayRetry(result: TaskResult): boolean {
  return result.status === 'failed' && !LASTING.has(result.error?.code ?? '')
}

function mayReplan(state: RunState, result: TaskResult, limits: { replans: number }): boolean {
  // Another plan would meet the same model.
  const byModel = result.error?.code.startsWith('model-') === true
  return state.submitted.strategy === 'plan' && state.plans - 1 < limits.replans && !byModel
}

/** Why a task did not succeed, in one line. */
export function reason(result: TaskResult): string {
  return `${result.status}: ${result.error?.message ?? 'no reason given'}`
}
