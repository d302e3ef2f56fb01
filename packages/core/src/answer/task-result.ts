import { BailiwickError, decodeValue, hasCode, type TaskResult } from '@bailiwick/contract'
import type { TaskRun } from '../attempt/attempt.ts'
import type { TaskState } from '../journal/task-state.ts'
import { findArtifacts } from './find-artifacts.ts'

/** A result with what the task has used and brought back so far. */
export function resultOf(
  state: TaskState,
  ending: Pick<TaskResult, 'status' | 'output' | 'error'>,
): TaskResult {
  const values: unknown[] = []
  for (const { step, calls } of state.steps) {
    if (step < state.firstStep) continue
    for (const { outcome } of calls.values()) {
      if (outcome?.value?.includes('"sha256"')) values.push(decodeValue(outcome.value))
    }
  }
  return { ...ending, usage: state.usage, artifacts: findArtifacts(values) }
}

/** How a task ends that could not go on. @throws what must not be written down as an end. */
export function endOf(run: TaskRun, thrown: unknown): TaskResult {
  const { state, signal } = run
  // Whatever an abort makes others throw, its own reason counts.
  const error: unknown = signal.aborted ? signal.reason : thrown
  if (hasCode(error, 'suspended') || hasCode(error, 'fenced') || hasCode(error, 'bad-journal')) throw error
  const message = error instanceof Error ? error.message : String(error)
  if (hasCode(error, 'exhausted')) {
    const limit = 'limit' in error ? String(error.limit) : 'unknown'
    const output = state.steps.findLast(({ observed }) => observed)?.observed?.observation
    return resultOf(state, { status: 'exhausted', output, error: { code: 'exhausted', message, limit } })
  }
  if (signal.aborted) return resultOf(state, { status: 'canceled', error: { code: 'canceled', message } })
  const code = BailiwickError.isInstance(error) ? error.code : 'internal'
  return resultOf(state, { status: 'failed', error: { code, message } })
}
