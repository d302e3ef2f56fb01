import {
  type CallOutcome,
  decodeValue,
  FINAL_ANSWER,
  functionName,
  type ModelReply,
} from '@bailiwick/contract'
import type { Attempt } from '../attempt/attempt.ts'
import { outcomeRecord } from '../journal/outcome-record.ts'
import type { StepState } from '../journal/task-world.ts'
import { cut, delegateNames, MAX_RESULT_CHARS, showCall } from '../memory/show-outcome.ts'
import { callId } from '../memory/to-messages.ts'
import { finalBesideCalls, noCall } from '../prompts/feedback.ts'
import { asName, frame, joinFramed } from '../prompts/framed-text.ts'
import type { FoundCall } from '../reply/find-calls.ts'
import { parseCalls } from '../reply/parse-reply.ts'
import { type ActionResult, NOTHING, noAction } from './action-result.ts'

/** Levels 2 to 4: makes all calls of a reply at the same time, or takes its answer. */
export function makeCalls(
  attempt: Attempt,
  step: StepState,
  reply: ModelReply,
): ActionResult | Promise<ActionResult> {
  const parsed = parseCalls(reply)
  if (parsed.kind !== 'calls' || (reply.calls.length === 0 && isAnswer(attempt, parsed.calls))) {
    return takeText(attempt, step, reply, parsed.text)
  }
  const { calls } = parsed
  const [first] = calls
  const alone = calls.length === 1 && first?.name === FINAL_ANSWER
  return alone
    ? { status: 'ok', observation: NOTHING, final: { value: answerOf(first.args) } }
    : callAll(attempt, step, calls)
}

/** An observation shows at most this many characters of all results together. */
const MAX_RESULTS_CHARS = 4 * MAX_RESULT_CHARS

/** Makes calls at the same time. A call that fails does not affect the others. */
export async function callAll(
  attempt: Attempt,
  step: StepState,
  calls: readonly FoundCall[],
): Promise<ActionResult> {
  const outcomes = await Promise.all(
    calls.map(({ name, args }, index) =>
      callOnce(attempt, step, { id: callId(step.step, index), name, args }),
    ),
  )
  attempt.signal.throwIfAborted()
  const delegates = delegateNames(attempt.state.spec)
  const shown = outcomes.map(({ id }, index) => {
    const outcome = step.calls.get(id)?.outcome
    const { name = '', args } = calls[index] ?? {}
    const result = outcome ? showCall(outcome, { name, args }, delegates) : NOTHING
    return frame`[${asName(id)} ${asName(name)}] ${result}`
  })
  return {
    status: outcomes.every(({ ok }) => ok) ? 'ok' : 'error',
    observation: cut(joinFramed(shown, '\n\n'), MAX_RESULTS_CHARS),
  }
}

/** Makes a call and journals its outcome, unless the journal already holds it. */
export async function callOnce(
  attempt: Attempt,
  step: StepState,
  call: FoundCall & { id: string },
): Promise<CallOutcome> {
  const { id, name, args } = call
  const known = step.calls.get(id)?.outcome
  if (known !== undefined) {
    const { ms, ok, value, reason = 'error', message = '' } = known
    return ok ? { id, ms, ok, value: decodeValue(value ?? 'null') } : { id, ms, ok, reason, message }
  }
  const outcome: CallOutcome =
    name === FINAL_ANSWER
      ? { id, ms: 0, ok: false, reason: 'refused', message: finalBesideCalls }
      : await attempt.gate.call({ id, step: step.step, name, args }, attempt.signal)
  // A call that the end of its task cut off has no outcome: the next attempt decides by the call's effect.
  attempt.signal.throwIfAborted()
  attempt.record({
    type: 'call.ended',
    ...outcomeRecord(attempt.now(), step.step, outcome),
    clock: attempt.now(),
  })
  return outcome
}

/** Handles text in place of calls: the answer after level 2's round, or if the model insists on it. */
function takeText(attempt: Attempt, step: StepState, reply: ModelReply, text: string): ActionResult {
  if (text === '') return noAction('Your reply was empty. Call a tool, or give the answer.')
  if (reply.finish === 'length') return noAction('Your reply was cut at its length limit. Write less.')
  const before = attempt.state.steps.find(
    (other) => other.step === step.step - 1 && other.step >= attempt.state.firstStep,
  )
  const insists = before?.reply?.calls.length === 0 && before.ended?.observation === noCall
  if (attempt.rules.rounds > 1 && !insists) return noAction(noCall)
  return { status: 'ok', observation: NOTHING, final: { value: text } }
}

/** At level 2, JSON that looks like calls but names nothing callable is the answer. */
function isAnswer({ rules, state }: Attempt, calls: readonly FoundCall[]): boolean {
  const { tools, missing = [], delegates } = state.spec.grant
  const known = [
    FINAL_ANSWER,
    ...tools.map(({ name }) => name),
    ...missing,
    ...delegates.map(({ name }) => functionName(name)),
  ]
  return rules.rounds === 1 && !calls.some(({ name }) => known.includes(name))
}

function answerOf(args: unknown): unknown {
  return typeof args === 'object' && args !== null && 'answer' in args ? args.answer : args
}
