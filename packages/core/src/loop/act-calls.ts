import type { CallOutcome } from '../contract/gate.ts'
import type { ModelReply } from '../contract/model.ts'
import { decodeValue, encodeValue } from '../contract/value.ts'
import { cut } from '../memory/cut.ts'
import { showOutcome } from '../memory/show-outcome.ts'
import { stepOf } from '../memory/task-state.ts'
import { callId } from '../memory/to-messages.ts'
import { parseTextCalls } from '../parse/parse-reply.ts'
import { stripThinking } from '../parse/strip-thinking.ts'
import type { Acted, TaskRun } from './task-run.ts'

/** Levels 2 to 4: the calls of one reply, all at once; or the answer. */
export async function actCalls(run: TaskRun, step: number, reply: ModelReply): Promise<Acted> {
  const native = reply.calls.length > 0
  const calls = (native ? reply.calls : parseTextCalls(reply.text)).map((call, index) => ({
    ...call,
    id: callId(step, index),
  }))
  const finals = calls.filter(({ name }) => name === 'finalAnswer')
  const others = calls.filter(({ name }) => name !== 'finalAnswer')
  const [final] = finals
  if (calls.length === 0) return answerInText(reply)
  if (final !== undefined && others.length === 0)
    return { status: 'ok', text: '', final: { value: answerOf(final.arguments) } }

  const outcomes = await Promise.all(others.map((call) => callOnce(run, step, call)))
  const notes =
    final === undefined
      ? []
      : ['finalAnswer was refused: it came beside other calls, before their results. Call it alone.']
  // Native calls are answered one by one, by id; described calls all together.
  const shown = native
    ? []
    : others.map(({ name }, index) => `${name}: ${cut(showOutcome(outcomes[index] ?? { ok: false }), 8_000)}`)
  return { status: outcomes.every(({ ok }) => ok) ? 'ok' : 'error', text: [...shown, ...notes].join('\n\n') }
}

function answerInText(reply: ModelReply): Acted {
  const text = stripThinking(reply.text)
  if (text === '') return { status: 'error', text: 'The reply was empty. Call a tool, or give the answer.' }
  return { status: 'ok', text: '', final: { value: text } }
}

function answerOf(args: unknown): unknown {
  return typeof args === 'object' && args !== null && 'answer' in args ? args.answer : args
}

/** Makes a call unless its outcome is in the journal, and journals the outcome. */
async function callOnce(
  run: TaskRun,
  step: number,
  call: { id: string; name: string; arguments: unknown },
): Promise<CallOutcome> {
  const known = stepOf(run.state, step).outcomes.find(({ id }) => id === call.id)
  if (known !== undefined) {
    const { id, ms, ok, value, reason = 'error', message = '' } = known
    return ok ? { id, ms, ok, value: decodeValue(value ?? 'null') } : { id, ms, ok, reason, message }
  }
  const { id, name } = call
  const args = typeof call.arguments === 'string' ? parsed(call.arguments) : call.arguments
  const outcome = await run.gate.call({ id, step, name, args }, run.signal)
  run.signal.throwIfAborted()
  run.record({
    type: 'outcome',
    at: run.now(),
    step,
    id,
    ok: outcome.ok,
    ms: outcome.ms,
    clock: run.now(),
    ...(outcome.ok
      ? { value: encodeValue(outcome.value) }
      : { reason: outcome.reason, message: outcome.message }),
  })
  return outcome
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
