import {
  type CallRequest,
  DELEGATE_INPUT,
  type DelegateCard,
  encodeValue,
  functionName,
  type Grant,
  type JsonSchema,
  levelName,
  type Tool,
  unknownName,
} from '@bailiwick/contract'
import type { TaskWorld } from '../journal/task-world.ts'
import { explainName } from '../levels/explain-name.ts'
import { LEVEL_TABLE, type LevelRules } from '../levels/level-table.ts'
import { type Checked, checkArguments } from '../schemas/check-value.ts'
import { repeatedCall } from './repeated-action.ts'

export type Target = { tool: Tool } | { delegate: DelegateCard }

type Decision =
  | { ok: true; target: Target; args: unknown; argsText: string }
  | { ok: false; reason: 'refused' | 'error'; message: string }

export interface Callable {
  /** Granted tools that this host can call. */
  tools: ReadonlyMap<string, Tool>
  /** Functions that the loop provides. They need no round, budget or approval. */
  own: ReadonlyMap<string, Tool>
}

/** Decides whether a call may be made, from the state alone. Has no effects. */
export function decide(
  request: CallRequest,
  state: TaskWorld,
  callable: Callable,
  callsLeft?: number,
  checkedBefore?: Checked,
): Decision {
  const refuse = (message: string): Decision => ({ ok: false, reason: 'refused', message })
  const { grant } = state.spec
  const rules = LEVEL_TABLE[grant.level]
  const { delegate, own, tool } = findTarget(request, state, callable)
  const level = `this agent’s level is ${grant.level} (${levelName(grant.level)})`

  if (!own) {
    if (rules.rounds === 0)
      return refuse(`${request.name} was not called: ${level}, which calls nothing. Answer in words.`)
    if (delegate && !rules.delegates)
      return refuse(`${request.name} is an agent; starting one needs level 4, and ${level}.`)
    if (!delegate && grant.missing?.includes(request.name))
      return refuse(
        `${request.name} is not available: no process hosted it when this task was created. Go on without it, or say in the answer what is missing.`,
      )
    if (!delegate && !grant.tools.some(({ name }) => name === request.name))
      return refuse(unknownFunction(state, request.name))
    if (roundsUsed(rules, state, request.step)) {
      return refuse(
        `${request.name} was not called: ${level}, which has one round of calls, and it is used. Answer now.`,
      )
    }
  }
  if (!delegate && !tool)
    return refuse(`${request.name} was granted, but no host offers it now. Go on without it.`)
  const checked = checkedBefore ?? checkArguments(inputSchema(request, state, callable), request.args)
  if (!checked.ok) {
    return {
      ok: false,
      reason: 'error',
      message: `${request.name} was called with a wrong argument: ${checked.problem}.`,
    }
  }
  const argsText = encodeValue(checked.value)
  if (!own) {
    if (callsLeft === 0)
      return refuse(`this task’s budget of ${grant.budget.calls} calls is used. Answer with what you have.`)
    const repeated =
      rules.action === 'calls' ? repeatedCall(state, request.step, request.name, argsText) : undefined
    if (repeated !== undefined) return refuse(`${repeated}. Do something else, or answer.`)
  }
  return { ok: true, target: delegate ? { delegate } : { tool: tool as Tool }, args: checked.value, argsText }
}

/** The JSON Schema of the arguments of a call. */
export function inputSchema(request: CallRequest, state: TaskWorld, callable: Callable): JsonSchema {
  const { delegate, tool } = findTarget(request, state, callable)
  return delegate ? DELEGATE_INPUT : (tool?.input ?? {})
}

function findTarget({ name: called }: CallRequest, { spec }: TaskWorld, { own, tools }: Callable) {
  const delegate = spec.grant.delegates.find(({ name }) => functionName(name) === called || name === called)
  return { delegate, own: own.get(called), tool: own.get(called) ?? tools.get(called) }
}

/** Whether the steps of this chapter before `step` have used all rounds of calls that the level has. */
export function roundsUsed({ rounds }: LevelRules, state: TaskWorld, step: number): boolean {
  if (rounds === Number.POSITIVE_INFINITY) return false
  const used = state.steps.filter(
    (other) =>
      other.step >= state.firstStep &&
      other.step < step &&
      [...other.calls.values()].some(({ started }) => started),
  )
  return used.length >= rounds
}

function unknownFunction(state: TaskWorld, name: string): string {
  const meaning = explainName(state, name)
  const unknown = unknownName('function', name, callableNames(state.spec.grant))
  return meaning === undefined ? unknown : `${unknown} ${meaning}.`
}

function callableNames({ tools, delegates }: Grant): string[] {
  return [...tools.map(({ name }) => name), ...delegates.map(({ name }) => functionName(name))]
}
