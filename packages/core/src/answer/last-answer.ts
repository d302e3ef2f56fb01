import type { TaskResult } from '@bailiwick/contract'
import { ask } from '../attempt/ask-model.ts'
import type { TaskRun } from '../attempt/attempt.ts'
import { stepOf } from '../journal/task-state.ts'
import { toMessages } from '../memory/to-messages.ts'
import { lastAnswer } from '../prompts/feedback.ts'
import { parseText } from '../reply/parse-reply.ts'
import { checkAnswer } from './check-answer.ts'
import { resultOf } from './task-result.ts'

/** No step is left: one last call writes what there is, and the task ends as exhausted. */
export async function giveLastAnswer(run: TaskRun, limit: number): Promise<TaskResult> {
  const { state, rules } = run
  const last = state.steps.at(-1)
  const { steps } = state.spec.grant.budget
  const ownLimit = steps === undefined || steps > limit || rules.action === 'route'
  if (rules.atEnd === 'repair' && ownLimit) {
    const message = `no usable answer in ${limit} replies: ${last?.observed?.observation ?? 'none was asked for'}`
    return resultOf(state, { status: 'failed', error: { code: 'bad-answer', message } })
  }
  const step = Math.max(1, last?.step ?? 1)
  const content = lastAnswer('steps')
  const reply =
    state.lastReply ??
    (await ask(run, step, 'last', () => [
      ...toMessages(run.system, state, run.tight),
      { role: 'user', content },
    ]))
  const { text } = parseText(reply)
  const answer = await checkAnswer(run, stepOf(state, step), text)
  const error = { code: 'exhausted', message: `no final answer within ${limit} steps`, limit: 'steps' }
  return resultOf(state, { status: 'exhausted', output: answer.ok ? answer.value : text, error })
}
