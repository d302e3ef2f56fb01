import { findAllJson } from '@bailiwick/contract'

export interface FoundCall {
  name: string
  args: unknown
}

/** Finds tool calls that a model wrote as text, in the spellings that models use. */
export function findCalls(text: string): FoundCall[] {
  return findAllJson(text).flatMap(callsIn)
}

function callsIn(value: unknown): FoundCall[] {
  if (Array.isArray(value)) return value.flatMap(callsIn)
  if (typeof value !== 'object' || value === null) return []
  const {
    name,
    tool,
    action,
    function: called,
    calls,
    tool_calls,
    ...rest
  } = value as Record<string, unknown>
  const list = calls ?? tool_calls
  if (Array.isArray(list)) return list.flatMap(callsIn)
  if (typeof called === 'object' && called !== null) return callsIn(called)
  const spelled = name ?? tool ?? action ?? called
  if (typeof spelled !== 'string') return []
  const key = ['arguments', 'args', 'parameters', 'params', 'input', 'action_input'].find((key) =>
    Object.hasOwn(rest, key),
  )
  return key === undefined ? [] : [{ name: spelled, args: rest[key] }]
}
