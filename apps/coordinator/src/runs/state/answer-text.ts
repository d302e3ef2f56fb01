import { fence } from '@bailiwick/core'
import { describeFailure } from './run-outcome.ts'
import { lastAttempt, type RunState } from './run-state.ts'

/** The user's request, and the tasks that have no result. */
export function answerText(state: RunState): string {
  const missing = (state.plan?.tasks ?? []).flatMap(({ name, text }) => {
    const result = lastAttempt(state, name)?.returned
    return result?.status === 'completed'
      ? []
      : [`- ${text} (${result === undefined ? 'never begun' : fence('data', describeFailure(result))})`]
  })
  if (missing.length === 0) return state.submitted.text
  return `${state.submitted.text}\n\nThis could not be done, and the answer must say so:\n${missing.join('\n')}`
}
