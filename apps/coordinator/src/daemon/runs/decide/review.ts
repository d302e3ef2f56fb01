import type { TaskResult } from '@bailiwick/core/contract'
import { lastAttempt, type RunState } from '../fold/run-state.ts'
import { failedTasks, type PlannedTask } from './next-tasks.ts'

/** What becomes of a failed task. */
export type Verdict =
  | { kind: 'retry'; task: PlannedTask; attempt: number; because: string }
  | { kind: 'replan'; because: string }
  | { kind: 'give-up'; task: PlannedTask; because: string }

/** Errors that the next attempt would meet as well. */
const LASTING = new Set([
  'bad-definition',
  'bad-input',
  'model-auth',
  'model-unknown',
  'model-quota',
  'model-script',
  'no-host',
  'refused',
])

/**
 * What to do about every failed task, a pure function of the journal: try again while attempts are left
 * and another attempt could go otherwise, then change the plan once, then give the task up.
 */
export function review(state: RunState, limits: { attempts: number; replans: number }): Verdict[] {
  const failed = failedTasks(state)
  const verdicts: Verdict[] = []
  for (const task of failed) {
    const last = lastAttempt(state, task.name)
    if (last?.result === undefined) continue
    const because = reason(last.result)
    if (mayRetry(last.result) && last.attempt < limits.attempts) {
      verdicts.push({ kind: 'retry', task, attempt: last.attempt + 1, because })
    } else if (mayReplan(state, last.result, limits)) {
      return [{ kind: 'replan', because: `${task.name} (${task.agent}): ${because}` }]
    } else {
      verdicts.push({ kind: 'give-up', task, because })
    }
  }
  return verdicts
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
