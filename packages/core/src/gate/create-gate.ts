import type { CallFailure, CallOutcome, CallRequest, Gate } from '../contract/gate.ts'
import type { DelegateCard, Grant } from '../contract/grant.ts'
import type { JournalRecord } from '../contract/journal.ts'
import type { TaskResult } from '../contract/task.ts'
import type { CallContext, Effect, Tool, ToolCard } from '../contract/tool.ts'
import { encodeValue } from '../contract/value.ts'
import { functionName } from '../define/check-definition.ts'
import { levelRow } from '../levels/level-table.ts'
import type { TaskState } from '../memory/task-state.ts'
import { unknownName } from './nearest-name.ts'
import { schemaProblems } from './validate-input.ts'

/** A delegation as the gate lets it through. */
export interface DelegateRequest {
  target: string
  call: string
  text: string
  inputs: Record<string, unknown>
  signal: AbortSignal
}

export interface GateOptions {
  state: TaskState
  tools: readonly Tool[]
  delegate?: ((request: DelegateRequest) => Promise<TaskResult>) | undefined
  approve?: ((request: CallRequest & { effect: Effect }, signal: AbortSignal) => Promise<boolean>) | undefined
  write(record: JournalRecord): void
  flushed(): Promise<void>
  now(): number
}

/** What a delegate takes when it is called as a function. */
export const DELEGATE_INPUT = {
  type: 'object',
  properties: {
    task: { type: 'string', description: 'What to do, complete in itself.' },
    inputs: { type: 'object', description: 'Values that the task needs, by name.' },
  },
  required: ['task'],
}

type Target =
  | { kind: 'tool'; card: ToolCard; tool: Tool | undefined }
  | { kind: 'delegate'; card: DelegateCard }

/** How often the same call may be made by JSON before it is refused. */
export const REPEAT_LIMIT = 3

/** The gate of one task. Every call of the task passes it once: from JSON, and from code. */
export function createGate(options: GateOptions): Gate {
  const { state, now } = options
  const { grant } = state.spec
  const lostCalls = new Map(
    state.steps.flatMap(({ started, outcomes }) =>
      started
        .filter(({ id }) => !outcomes.some((outcome) => outcome.id === id))
        .map((record) => [record.id, record]),
    ),
  )
  const rounds = new Set(state.steps.filter(({ started }) => started.length > 0).map(({ step }) => step))
  const made = new Map<string, number>()

  const refuse = (request: CallRequest, reason: string) => {
    options.write({
      type: 'policy.refused',
      at: now(),
      step: request.step,
      id: request.id,
      name: request.name,
      reason,
    })
    return fail('refused', reason)
  }

  async function admit(request: CallRequest, signal: AbortSignal): Promise<Outcome> {
    const target = findTarget(grant, options.tools, request.name)
    if (target === undefined) return refuse(request, unknownName('tool', request.name, callable(grant)))
    const refusal = levelRefusal(grant, rounds, request)
    if (refusal !== undefined) return refuse(request, refusal)
    const schema = target.kind === 'tool' ? target.card.input : DELEGATE_INPUT
    const problems = schemaProblems(schema, request.args)
    if (problems.length > 0) {
      return fail('error', `${request.name} was not called, its arguments do not fit: ${problems.join('; ')}`)
    }
    const args = encodeValue(request.args)
    const repeat = repeated(grant, made, `${request.name} ${args}`)
    if (repeat !== undefined) return refuse(request, repeat)
    const { calls } = grant.budget
    if (calls !== undefined && state.calls >= calls && !lostCalls.has(request.id)) {
      return refuse(
        request,
        `the budget of ${calls} calls is spent; give your final answer with what you have`,
      )
    }
    const effect: Effect = target.kind === 'tool' ? target.card.effect : 'idempotent'
    const lost = lostCalls.get(request.id)
    if (lost !== undefined && effect === 'once') {
      return fail(
        'unknown-outcome',
        `${request.name} was started before a restart, and whether it took effect is unknown; it was not called again`,
      )
    }
    if (lost === undefined && needsApproval(grant, effect)) {
      options.write({
        type: 'asked',
        at: now(),
        step: request.step,
        id: request.id,
        name: request.name,
        args,
      })
      const approved = (await options.approve?.({ ...request, effect }, signal)) ?? false
      options.write({ type: 'answered', at: now(), id: request.id, approved, by: 'operator' })
      if (!approved) return refuse(request, `${request.name} needs a person's approval, and it was not given`)
    }
    rounds.add(request.step)
    const key = `${state.spec.task}/${request.id}`
    if (lost === undefined) {
      options.write({
        type: 'started',
        at: now(),
        step: request.step,
        turn: request.turn ?? 0,
        id: request.id,
        name: request.name,
        args,
        effect,
        key,
      })
    }
    // Nothing leaves before the records it follows from are acknowledged; reading changes nothing, so it may.
    if (effect !== 'none') await options.flushed()
    return perform(target, request, key, signal)
  }

  async function perform(
    target: Target,
    request: CallRequest,
    key: string,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { run, task, agent } = state.spec
    if (target.kind === 'tool') {
      if (target.tool === undefined)
        return fail('error', `${request.name} is granted, but nobody here can call it`)
      const context: CallContext = { id: request.id, key, caller: agent, run, task, signal }
      return { ok: true, value: await target.tool.run(request.args, context) }
    }
    const { task: text, inputs = {} } = request.args as { task: string; inputs?: Record<string, unknown> }
    if (options.delegate === undefined) return fail('error', `${request.name} cannot be started from here`)
    const result = await options.delegate({
      target: target.card.name,
      call: request.id,
      text,
      inputs,
      signal,
    })
    return {
      ok: true,
      value: { status: result.status, output: result.output, error: result.error, usage: result.usage },
    }
  }

  return {
    async call(request, signal): Promise<CallOutcome> {
      const begun = now()
      const outcome = await admit(request, signal).catch((error: unknown) => failureOf(error, signal))
      return { id: request.id, ms: now() - begun, ...outcome }
    },
  }
}

type Outcome = { ok: true; value: unknown } | { ok: false; reason: CallFailure; message: string }

function fail(reason: CallFailure, message: string): Outcome {
  return { ok: false, reason, message }
}

function failureOf(error: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted) return fail('canceled', 'the call was canceled')
  return fail('error', error instanceof Error ? error.message : String(error))
}

function callable({ tools, delegates }: Grant): string[] {
  return [...tools.map(({ name }) => name), ...delegates.map(({ name }) => functionName(name))]
}

function findTarget(grant: Grant, tools: readonly Tool[], name: string): Target | undefined {
  const card = grant.tools.find((tool) => tool.name === name)
  if (card !== undefined) return { kind: 'tool', card, tool: tools.find((tool) => tool.name === name) }
  const delegate = grant.delegates.find((candidate) => functionName(candidate.name) === name)
  return delegate === undefined ? undefined : { kind: 'delegate', card: delegate }
}

function levelRefusal(
  { level, delegates }: Grant,
  rounds: ReadonlySet<number>,
  request: CallRequest,
): string | undefined {
  const row = levelRow(level)
  if (row.acts === 'answer' || row.acts === 'route') return `level ${level} (${row.name}) calls nothing`
  if (!row.delegates && delegates.some(({ name }) => functionName(name) === request.name)) {
    return `level ${level} (${row.name}) starts no delegates`
  }
  if (!rounds.has(request.step) && rounds.size >= row.rounds) {
    return `level ${level} (${row.name}) has one round of calls, and it is over: answer with what you have`
  }
  return undefined
}

function repeated({ level }: Grant, made: Map<string, number>, call: string): string | undefined {
  // Code may poll or loop; a model that repeats itself by JSON is stuck.
  if (levelRow(level).acts === 'code') return undefined
  const times = (made.get(call) ?? 0) + 1
  made.set(call, times)
  return times > REPEAT_LIMIT
    ? `this identical call was already made ${REPEAT_LIMIT} times; use its result`
    : undefined
}

function needsApproval({ approval }: Grant, effect: Effect): boolean {
  return approval === 'always' || (approval === 'risky' && effect === 'once')
}
