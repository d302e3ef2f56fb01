import type { TaskResult } from '../contract/task.ts'
import { levelRow } from '../levels/level-table.ts'
import { toMessages } from '../memory/to-messages.ts'
import { stripThinking } from '../parse/strip-thinking.ts'
import type { TaskRun } from './task-run.ts'
import { ask } from './think.ts'

/** No step is left: one last call writes what there is, and the task ends as exhausted. */
export async function lastAnswer(run: TaskRun, limit: number): Promise<TaskResult> {
  const { state } = run
  const row = levelRow(state.spec.grant.level)
  const message = `no answer within ${limit} steps`
  if (row.acts === 'answer' || row.acts === 'route') {
    const why = state.steps.at(-1)?.observed?.text ?? message
    return {
      status: 'failed',
      error: { code: 'bad-answer', message: `${message}: ${why}` },
      usage: state.usage,
      artifacts: [],
    }
  }
  const content =
    'No step is left. Write the best answer you can from what you have seen, in plain words. Say what is missing.'
  const reply =
    state.last?.reply ??
    (await ask(run, limit + 1, 'last', [...toMessages(run.head, state), { role: 'user', content }]))
  return {
    status: 'exhausted',
    output: stripThinking(reply.text),
    error: { code: 'exhausted', message, limit: 'steps' },
    usage: state.usage,
    artifacts: [],
  }
}
