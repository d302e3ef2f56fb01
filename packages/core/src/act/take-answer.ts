import type { ModelReply } from '@bailiwick/contract'
import type { Attempt } from '../attempt/attempt.ts'
import type { StepState } from '../journal/task-world.ts'
import { nativeCalls, parseText } from '../reply/parse-reply.ts'
import { type ActionResult, NOTHING, noAction } from './action-result.ts'
import { callAll } from './make-calls.ts'

/** Level 0: takes the reply as the answer. The gate refuses each call in it. */
export function takeAnswer(
  attempt: Attempt,
  step: StepState,
  reply: ModelReply,
): ActionResult | Promise<ActionResult> {
  if (reply.calls.length > 0) return callAll(attempt, step, nativeCalls(reply))
  if (reply.finish === 'length')
    return noAction('Your reply was cut at its length limit. Answer again, shorter.')
  const { text } = parseText(reply)
  if (text === '') return noAction('Your reply was empty. Write the answer itself.')
  return { status: 'ok', observation: NOTHING, final: { value: unfence(text) } }
}

/** Removes the fence that models like to put around a whole answer in Markdown. */
function unfence(text: string): string {
  return /^```(?:markdown|md)\s*\n([\s\S]*)\n```$/.exec(text)?.[1] ?? text
}
