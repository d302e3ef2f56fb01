import {
  type ArtifactRef,
  artifactRefSchema,
  BailiwickError,
  decodeValue,
  errorText,
  hasCode,
  type TaskResult,
} from '@bailiwick/contract'
import type { Attempt } from '../attempt/attempt.ts'
import { type TaskWorld, totalUsage } from '../journal/task-world.ts'

/** Searches a call's result for artifacts down to this depth. */
const MAX_DEPTH = 4

/** A task's result, with its usage and artifacts so far. */
export function resultOf(
  state: TaskWorld,
  ending: Pick<TaskResult, 'status' | 'output' | 'error'>,
): TaskResult {
  const values: unknown[] = []
  for (const { step, calls } of state.steps) {
    if (step < state.firstStep) continue
    for (const { outcome } of calls.values()) {
      if (outcome?.artifacts !== undefined) values.push(outcome.artifacts)
      if (outcome?.value?.includes('"sha256"')) values.push(decoded(outcome.value))
    }
  }
  return { ...ending, usage: totalUsage(state), artifacts: findArtifacts(values) }
}

/** Decodes a result. Undefined if a tool host sent a long text that is not a value. */
function decoded(text: string): unknown {
  try {
    return decodeValue(text)
  } catch {
    return undefined
  }
}

/** The artifacts in the results of calls, each once, in order of appearance. */
function findArtifacts(values: readonly unknown[]): ArtifactRef[] {
  const found = new Map<string, ArtifactRef>()
  const search = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return
    const parsed = artifactRefSchema.safeParse(value)
    if (parsed.success) found.set(`${parsed.data.writer}/${parsed.data.key}`, parsed.data)
    else for (const item of Object.values(value)) search(item, depth + 1)
  }
  for (const value of values) search(value, 0)
  return [...found.values()]
}

/** The result of a task that has reached a limit: what its last step observed. */
export function exhaustedResult(state: TaskWorld, message: string, limit: string): TaskResult {
  const output = state.steps.findLast(({ ended }) => ended)?.ended?.observation
  return resultOf(state, { status: 'exhausted', output, error: { code: 'exhausted', message, limit } })
}

/** The result of a task that was canceled. The signal's reason says why. */
export function canceledResult(state: TaskWorld, { reason }: AbortSignal): TaskResult {
  return resultOf(state, { status: 'canceled', error: { code: 'canceled', message: errorText(reason) } })
}

/**
 * The result of a task that cannot continue.
 *
 * @throws the error itself if it does not end the task: the task is suspended, taken over, or unreadable
 */
export function failedResult({ state, signal }: Attempt, thrown: unknown): TaskResult {
  // After an abort, other errors are only its consequences.
  const error: unknown = signal.aborted ? signal.reason : thrown
  if (hasCode(error, 'suspended') || hasCode(error, 'fenced') || hasCode(error, 'bad-journal')) throw error
  const message = errorText(error)
  if (hasCode(error, 'exhausted')) {
    return exhaustedResult(state, message, 'limit' in error ? String(error.limit) : 'unknown')
  }
  if (signal.aborted) return canceledResult(state, signal)
  const code = BailiwickError.isInstance(error) ? error.code : 'internal'
  return resultOf(state, { status: 'failed', error: { code, message } })
}
