import {
  type CallOutcome,
  decodeValue,
  FINAL_ANSWER,
  functionName,
  type ModelReply,
} from '@bailiwick/contract'
import { type Acted, mistake, type TaskRun } from '../attempt/attempt.ts'
import { outcomeRecord } from '../journal/outcome-record.ts'
import type { StepState } from '../journal/task-state.ts'
import { RESULT_CHARS, showOutcome } from '../memory/show-outcome.ts'
import { callId } from '../memory/to-messages.ts'
import { finalBesideCalls, noCall } from '../prompts/feedback.ts'
import type { FoundCall } from '../reply/find-calls.ts'
import { parseCalls } from '../reply/parse-reply.ts'

/** Levels 2 to 4: the calls of one reply, all at once; or the answer. */
export function actCalls(run: TaskRun, step: StepState, reply: ModelReply): Acted | Promise<Acted> {
  const parsed = parseCalls(reply)
  if (parsed.kind !== 'calls' || (reply.calls.length === 0 && isAnswer(run, parsed.calls))) {
    return answerInWords(run, step, reply, parsed.text)
  }
  const { calls } = parsed
  const [first] = calls
  const alone = calls.length === 1 && first?.name === FINAL_ANSWER
  return alone
    ? { status: 'ok', text: '', final: { value: answerOf(first.args) } }
    : callAll(run, step, calls)
}

/** Makes calls at the same time; one that fails loses nobody else's result. */
export async function callAll(run: TaskRun, step: StepState, calls: readonly FoundCall[]): Promise<Acted> {
  const outcomes = await Promise.all(
    calls.map(({ name, args }, index) => callOnce(run, step, { id: callId(step.step, index), name, args })),
  )
  run.signal.throwIfAborted()
  const shown = outcomes.map(({ id }, index) => {
    const outcome = step.calls.get(id)?.outcome
    return `[${id} ${calls[index]?.name}] ${outcome ? showOutcome(outcome) : ''}`
  })
  return {
    status: outcomes.every(({ ok }) => ok) ? 'ok' : 'error',
    text: shown.join('\n\n').slice(0, 4 * RESULT_CHARS),
  }
}

/** Makes a call unless its outcome is in the journal, and journals the outcome. */
export async function callOnce(
  run: TaskRun,
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
      : await run.gate.call({ id, step: step.step, name, args }, run.signal)
  // A call that was cut off by the end of its task has no outcome: the next attempt decides by its effect.
  run.signal.throwIfAborted()
  run.record({ type: 'call.ended', ...outcomeRecord(run.now(), step.step, outcome), clock: run.now() })
  return outcome
}

/** Words in place of calls: the answer after level 2's round, or when a model insists. */
function answerInWords(run: TaskRun, step: StepState, reply: ModelReply, text: string): Acted {
  if (text === '') return mistake('Your reply was empty. Call a tool, or give the answer.')
  if (reply.finish === 'length') return mistake('Your reply was cut at its length limit. Write less.')
  const before = run.state.steps.find(
    (other) => other.step === step.step - 1 && other.step >= run.state.firstStep,
  )
  const insists = before?.reply?.calls.length === 0 && before.observed?.observation === noCall
  if (run.rules.rounds > 1 && !insists) return mistake(noCall)
  return { status: 'ok', text: '', final: { value: text } }
}

/** JSON that names nothing callable is an answer that happens to look like a call. */
function isAnswer({ rules, state }: TaskRun, calls: readonly FoundCall[]): boolean {
  const { tools, delegates } = state.spec.grant
  const known = [
    FINAL_ANSWER,
    ...tools.map(({ name }) => name),
    ...delegates.map(({ name }) => functionName(name)),
  ]
  return rules.rounds === 1 && !calls.some(({ name }) => known.includes(name))
}

function answerOf(args: unknown): unknown {
  return typeof args === 'object' && args !== null && 'answer' in args ? args.answer : args
}
