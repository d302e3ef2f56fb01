import {
  type CallOutcome,
  type CallRequest,
  type CallWait,
  type Effect,
  errorText,
  type Gate,
  hasCode,
  type JournalRecord,
} from '@bailiwick/contract'
import { stepOf, type TaskWorld } from '../journal/task-world.ts'
import { checkLargeArguments, isLarge } from '../schemas/check-value.ts'
import { type Approve, askPerson, needsPerson } from './ask-person.ts'
import { deadlineOf, type TaskBudget } from './budget.ts'
import { type Callable, decide, inputSchema, type Target } from './decide.ts'
import { callDelegate, type Ending, type Failure } from './delegation.ts'
import { DEFAULT_RETRY_LIMITS, type RetryLimits, retryTransient } from './retry-transient.ts'
import { untilAborted } from './until-aborted.ts'

interface GateOptions extends Callable, Pick<Parameters<typeof callDelegate>[0], 'delegate'> {
  /** The task so far. `write` must apply each record to it. */
  state: TaskWorld
  budget: TaskBudget
  approve?: Approve | undefined
  /** How often a call is retried after a transient failure. */
  retry?: Partial<RetryLimits> | undefined
  /** A call waits for its next attempt. */
  waiting?(step: number, text: string, ms: number): void
  /** Ends the attempt. */
  signal: AbortSignal
  write(record: JournalRecord): void
  /** Resolves when every written record is acknowledged. */
  flushed(): Promise<void>
  /** Unix milliseconds. */
  now(): number
}

/**
 * Creates the gate of one task. The gate decides by grant, level, round, budget and arguments, and asks a person
 * if the grant requires it. It journals each call before making it, and waits for the acknowledgement if the
 * call changes anything. A call that an earlier attempt made is repeated only if its effect allows it.
 */
export function createGate(options: GateOptions): Gate {
  return {
    call: (request, signal, wait) => {
      const began = options.now()
      return callThrough(options, request, signal, wait).then(
        (ending): CallOutcome => ({ id: request.id, ms: options.now() - began, ...ending }),
      )
    },
  }
}

async function callThrough(
  options: GateOptions,
  request: CallRequest,
  signal: AbortSignal,
  wait?: CallWait,
): Promise<Ending> {
  const { state, now } = options
  const { id, step, name } = request
  const { spec } = state
  const started = stepOf(state, step).calls.get(id)?.started
  const checked = isLarge(request.args)
    ? await checkLargeArguments(inputSchema(request, state, options), request.args)
    : undefined
  const decideNow = () =>
    decide(request, state, options, started ? undefined : options.budget.left(now()).calls, checked)
  let decision = decideNow()
  if (!decision.ok) return refuseOrFail(options, request, decision)
  const effect = effectOf(decision.target)
  try {
    if (started && effect === 'once') return outcomeUnknown(name)
    if (!started && !options.own.has(name) && needsPerson(spec.grant, effect)) {
      wait?.pause()
      const denied = await askPerson(options, request, effect, decision, signal)
      wait?.resume()
      if (denied !== undefined)
        return refuseOrFail(options, request, { ok: false, reason: 'refused', message: denied })
      // Other calls may have spent the budget while the person decided.
      decision = decideNow()
      if (!decision.ok) return refuseOrFail(options, request, decision)
    }
    const { target, args, argsText } = decision
    const key = `${spec.task}/${id}`
    if (!started && !(options.own.has(name) && effect === 'none')) {
      // No await since the decision: otherwise parallel calls could spend the same budget.
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
    // A call that only reads may leave before its record is durable.
    if (effect !== 'none') await options.flushed()
    signal.throwIfAborted()
    const context = { id, key, caller: spec.agent, run: spec.run, task: spec.task, signal }
    if ('delegate' in target) {
      wait?.pause()
      // The attempt's signal aborts before that of the call, and its reason tells whether the delegate may go on.
      const asking = { ...context, signal: AbortSignal.any([options.signal, signal]) }
      return await untilAborted(callDelegate(options, target.delegate, args, asking), signal)
    }
    const value = await retryTransient(() => untilAborted(target.tool.run(args, context), signal), {
      name,
      effect,
      limits: { ...DEFAULT_RETRY_LIMITS, ...options.retry },
      signal,
      deadline: () => deadlineOf(state, now()),
      now,
      waiting: (text, ms) => options.waiting?.(step, text, ms),
    })
    return { ok: true, value }
  } catch (error) {
    return toFailure(error, name, signal)
  }
}

/** A delegation is idempotent, because its call id identifies it. */
function effectOf(target: Target): Effect {
  return 'tool' in target ? target.tool.effect : 'idempotent'
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
  const reason = hasCode(error, 'unknown-outcome')
    ? 'unknown-outcome'
    : hasCode(error, 'refused')
      ? 'refused'
      : 'error'
  const message = errorText(error) || `${name} failed without a message`
  return { ok: false, reason, message, ...(hasCode(error, 'transient') && { transient: true }) }
}
