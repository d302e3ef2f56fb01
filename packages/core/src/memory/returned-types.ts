import { decodeValue } from '@bailiwick/contract'
import type { CallState, StepState, TaskWorld } from '../journal/task-world.ts'
import { asName, type FramedText, frame, joinFramed } from '../prompts/framed-text.ts'
import { inferType } from '../prompts/infer-type.ts'

/** A longer type is cut, characters. */
const MAX_TYPE_CHARS = 600

/** A longer result is not decoded for its type, because that takes long. Characters. */
const MAX_VALUE_CHARS = 128_000

/**
 * Completes the declarations of tools that do not say what they return: the model reads the type of the first result of
 * such a tool.
 *
 * @param among the steps whose calls count; a result of an earlier step is not the first
 * @returns undefined if there is nothing new
 */
export function returnedTypes(state: TaskWorld, among: readonly StepState[]): FramedText | undefined {
  const lines = among.flatMap((step) => firstResults(state, step))
  return lines.length === 0
    ? undefined
    : frame`Types that the declarations leave open:\n${joinFramed(lines, '\n')}`
}

/** The lines of steps that have ended. Decoding their results again for each request would take long. */
const knownLines = new WeakMap<StepState, FramedText[]>()

function firstResults({ spec, steps }: TaskWorld, step: StepState): FramedText[] {
  const known = knownLines.get(step)
  if (known !== undefined) return known
  const untyped = new Set(
    spec.grant.tools.filter(({ output }) => output === undefined).map(({ name }) => name),
  )
  const lines: FramedText[] = []
  for (const call of step.calls.values()) {
    const name = call.started?.name ?? ''
    if (!untyped.has(name) || !hasType(call)) continue
    untyped.delete(name)
    if (steps.some((other) => other.step < step.step && hasReturned(other, name))) continue
    const type = inferType(decodeValue(call.outcome?.value ?? '{"$":["undefined"]}'))
    const cut = type.length > MAX_TYPE_CHARS ? `${type.slice(0, MAX_TYPE_CHARS)}…` : type
    lines.push(frame`- await ${asName(name)}(…): ${cut}`)
  }
  if (step.ended !== undefined) knownLines.set(step, lines)
  return lines
}

function hasReturned({ calls }: StepState, name: string): boolean {
  return [...calls.values()].some((call) => call.started?.name === name && hasType(call))
}

function hasType({ outcome }: CallState): boolean {
  return outcome?.ok === true && (outcome.value?.length ?? 0) <= MAX_VALUE_CHARS
}
