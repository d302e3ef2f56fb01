import {
  type CallContext,
  type CallFailure,
  type CallOutcome,
  type CallRequest,
  type DelegateCard,
  type Effect,
  type Gate,
  hasCode,
  type JournalRecord,
  type TaskResult,
} from '@bailiwick/contract'
import { stepOf, type TaskState } from '../journal/task-state.ts'
import { type Approve, askPerson, needsPerson } from './ask-person.ts'
import type { Spending } from './budget.ts'
import { type Callable, decide, type Target } from './decide.ts'
import type { Delegate } from './delegation.ts'
import { untilAborted } from './until-aborted.ts'

export interface GateOptions extends Callable {
  /** Kept up to date by whoever writes records. */
  state: TaskState
  spending: Spending
  delegate?: Delegate | undefined
  approve?: Approve | undefined
  write(record: JournalRecord): void
  /** Resolves when all that was written is acknowledged. */
  flushed(): Promise<void>
  now(): number
}

type Failure = { ok: false; reason: CallFailure; message: string; value?: unknown }
type Ending = { ok: true; value: unknown } | Failure

/**
 * The gate of one task. It decides by grant, level, round, budget and arguments, asks where the grant
 * wants a person's yes, journals what is about to leave, and lets nothing of effect `once` leave before
 * that is acknowledged. A call that an earlier attempt had sent is sent again only where its effect allows.
 */
export function createGate(options: GateOptions): Gate {
  return {
    call: (request, signal) => {
      const began = options.now()
      return callThrough(options, request, signal).then(
        (ending): CallOutcome => ({ id: request.id, ms: options.now() - began, ...ending }),
      )
    },
  }
}

async function callThrough(options: GateOptions, request: CallRequest, signal: AbortSignal): Promise<Ending> {
  const { state, now } = options
  const { id, step, name } = request
  const { spec } = state
  const sent = stepOf(state, step).calls.get(id)?.started
  const decideNow = () =>
    decide(request, state, options, sent ? undefined : options.spending.left(now()).calls)
  let decision = decideNow()
  if (!decision.ok) return refuseOrFail(options, request, decision)
  const effect = effectOf(decision.target)
  try {
    if (sent && effect === 'once') return outcomeUnknown(name)
    if (!sent && !options.own.has(name) && needsPerson(spec.grant, effect)) {
      const denied = await askPerson(options, request, effect, decision, signal)
      if (denied !== undefined)
        return refuseOrFail(options, request, { ok: false, reason: 'refused', message: denied })
      // The budget may have been spent while the person thought.
      decision = decideNow()
      if (!decision.ok) return refuseOrFail(options, request, decision)
    }
    const { target, args, argsText } = decision
    const key = `${spec.task}/${id}`
    if (!sent && !(options.own.has(name) && effect === 'none')) {
      // No await since the decision: parallel calls cannot spend the same call twice.
      const turn = request.turn ?? 0
      options.write({
        type: 'call.started',
        at: now(),
        step,
        turn,
        call: id,
        name,
        arguments: argsText,
        effect,
        key,
      })
    }
    // Reads may run ahead of the journal; whatever changes the world waits for it.
    if (effect !== 'none') await options.flushed()
    signal.throwIfAborted()
    const context = { id, key, caller: spec.agent, run: spec.run, task: spec.task, signal }
    if ('delegate' in target) return await untilAborted(delegate(options, target, args, context), signal)
    return { ok: true, value: await untilAborted(target.tool.run(args, context), signal) }
  } catch (error) {
    return toFailure(error, name, signal)
  }
}

/** A delegation is idempotent by its call id. */
function effectOf(target: Target): Effect {
  return 'tool' in target ? target.tool.effect : 'idempotent'
}

async function delegate(
  options: GateOptions,
  target: { delegate: DelegateCard },
  args: unknown,
  context: CallContext,
): Promise<Ending> {
  const { name } = target.delegate
  if (options.delegate === undefined) {
    return { ok: false, reason: 'refused', message: `${name} cannot be started: this host starts no agents` }
  }
  const { task: text, inputs = {} } = args as { task: string; inputs?: Record<string, unknown> }
  const { id: call, key, run, task, signal } = context
  try {
    const budget = options.spending.carve(call, options.now())
    const request = { call, key, run, task, target: name, text, inputs, budget, signal }
    return delegateEnding(name, await options.delegate(request))
  } finally {
    options.spending.settle(call)
  }
}

/** However an agent ended is a result, to be looked at; only a model that gave no reply is a failed call. */
function delegateEnding(name: string, result: TaskResult): Ending {
  const { status, output, error, usage, artifacts } = result
  if (status === 'failed' && error?.code.startsWith('model-')) {
    return {
      ok: false,
      reason: 'error',
      message: `${name} failed, its model gave no reply: ${error.message}`,
      value: result,
    }
  }
  return { ok: true, value: { status, output, error, usage, artifacts } }
}

function refuseOrFail(
  { write, now }: GateOptions,
  { id, step, name }: CallRequest,
  failure: Failure,
): Failure {
  if (failure.reason === 'refused') {
    write({ type: 'call.refused', at: now(), step, call: id, name, reason: failure.message })
  }
  return failure
}

function outcomeUnknown(name: string): Failure {
  const message = `${name} had been called when its host died; whether it took effect is unknown, and it was not called again. Find out before you go on.`
  return { ok: false, reason: 'unknown-outcome', message }
}

function toFailure(error: unknown, name: string, signal: AbortSignal): Failure {
  if (signal.aborted) return { ok: false, reason: 'canceled', message: `${name} was canceled` }
  const message = error instanceof Error ? error.message : String(error)
  const reason = hasCode(error, 'unknown-outcome')
    ? 'unknown-outcome'
    : hasCode(error, 'refused')
      ? 'refused'
      : 'error'
  return { ok: false, reason, message: message || `${name} failed without saying why` }
}
