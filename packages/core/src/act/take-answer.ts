import type { ModelReply } from '@bailiwick/contract'
import { type Acted, mistake, type TaskRun } from '../attempt/attempt.ts'
import type { StepState } from '../journal/task-state.ts'
import { nativeCalls, parseText } from '../reply/parse-reply.ts'
import { callAll } from './make-calls.ts'

/** Level 0: the reply is the answer. Calls are refused by the gate, one by one. */
export function actAnswer(run: TaskRun, step: StepState, reply: ModelReply): Acted | Promise<Acted> {
  if (reply.calls.length > 0) return callAll(run, step, nativeCalls(reply))
  if (reply.finish === 'length')
    return mistake('Your reply was cut at its length limit. Answer again, shorter.')
  const { text } = parseText(reply)
  if (text === '') return mistake('Your reply was empty. Write the answer itself.')
  return { status: 'ok', text: '', final: { value: unfence(text) } }
}

/** Models like to wrap a whole answer in Markdown in a fence. */
function unfence(text: string): string {
  return /^```(?:markdown|md)\s*\n([\s\S]*)\n```$/.exec(text)?.[1] ?? text
}
