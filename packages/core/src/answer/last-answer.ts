import type { TaskResult } from '@bailiwick/contract'
import { askModel, messagesOf } from '../attempt/ask-model.ts'
import type { Attempt } from '../attempt/attempt.ts'
import { offeredTools } from '../attempt/offered-tools.ts'
import { stepOf } from '../journal/task-world.ts'
import { lastAnswer } from '../prompts/feedback.ts'
import { parseText } from '../reply/parse-reply.ts'
import { checkAnswer } from './check-answer.ts'
import { resultOf } from './task-result.ts'

/** Ends a task that has no step left: asks the model for a last answer, with status `exhausted`. */
export async function giveLastAnswer(attempt: Attempt, limit: number): Promise<TaskResult> {
  const { state, rules } = attempt
  const last = state.steps.at(-1)
  const { steps } = state.spec.grant.budget
  const ownLimit = steps === undefined || steps > limit || rules.action === 'route'
  if (rules.atEnd === 'repair' && ownLimit) {
    const message = `no usable answer in ${limit} replies: ${last?.ended?.observation ?? 'the budget allows none'}`
    return resultOf(state, { status: 'failed', error: { code: 'bad-answer', message } })
  }
  const step = Math.max(1, last?.step ?? 1)
  const content = lastAnswer('steps')
  const reply =
    state.lastReply ??
    (await askModel(
      attempt,
      step,
      'last',
      () => [...messagesOf(attempt), { role: 'user', content }],
      offeredTools(attempt, false),
    ))
  const { text } = parseText(reply)
  const answer = await checkAnswer(attempt, stepOf(state, step), text)
  const error = { code: 'exhausted', message: `no final answer within ${limit} steps`, limit: 'steps' }
  return resultOf(state, { status: 'exhausted', output: answer.ok ? answer.value : text, error })
}
