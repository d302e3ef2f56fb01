import { type ArtifactRef, decodeValue, encodeValue, functionName, type TaskInput } from '@bailiwick/contract'
import type { TaskWorld } from '../journal/task-world.ts'

/** A longer value is not passed to a delegate, because it would be a variable of its code. Characters, encoded. */
export const MAX_PASSED_CHARS = 256_000

/** What a delegate gets: values, and inputs that refer to files. */
interface Passed {
  inputs: Record<string, unknown>
  files: TaskInput[]
}

/**
 * Replaces references in a delegate's inputs, so that a model need not retype what it passes on: `{ $result: '2.1' }` is
 * the result of call 2.1 (of an agent, its output), and `{ $file: 'sales.csv' }` is a file or an input of this task.
 *
 * @returns the problem with a reference, in words for the model, or what the delegate gets
 */
export function passOn(inputs: Record<string, unknown>, state: TaskWorld): string | Passed {
  const passed: Passed = { inputs: {}, files: [] }
  for (const [name, value] of Object.entries(inputs)) {
    const call = referenceIn(value, '$result')
    const file = referenceIn(value, '$file')
    if (call !== undefined) {
      const found = resultOfCall(call, state)
      if (typeof found === 'string') return found
      passed.inputs[name] = found.value
    } else if (file !== undefined) {
      const found = findFile(file, state)
      if (typeof found === 'string') return found
      if (found.artifact !== undefined || found.file !== undefined) passed.files.push({ ...found, name })
      else passed.inputs[name] = found.value
    } else passed.inputs[name] = value
  }
  return passed
}

function referenceIn(value: unknown, kind: '$result' | '$file'): string | undefined {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return undefined
  const reference = (value as Record<string, unknown>)[kind]
  return typeof reference === 'string' ? reference : undefined
}

function resultOfCall(id: string, { steps, spec }: TaskWorld): string | { value: unknown } {
  const calls = steps.flatMap((step) => [...step.calls])
  const outcome = calls.find(([call]) => call === id)?.[1].outcome
  if (outcome === undefined || !outcome.ok) {
    const known = calls.filter(([, { outcome }]) => outcome?.ok).map(([call]) => call)
    const ended = outcome === undefined ? 'has no result' : 'failed'
    return `$result: expected the id of a call that succeeded (${known.slice(-20).join(', ') || 'there is none yet'}), but call ${JSON.stringify(id)} ${ended}`
  }
  const { value: text = 'null' } = outcome
  const name = calls.find(([call]) => call === id)?.[1].started?.name
  const value = decodeValue(text)
  const isDelegate = spec.grant.delegates.some((delegate) => functionName(delegate.name) === name)
  const passed = isDelegate ? (value as { output?: unknown }).output : value
  const { length } = encodeValue(passed)
  if (length <= MAX_PASSED_CHARS) return { value: passed }
  return `$result: expected a result of at most ${MAX_PASSED_CHARS} characters, found ${length}; have it written to a file, and pass that on with { "$file": name }`
}

function findFile(name: string, state: TaskWorld): string | TaskInput {
  const inputs = state.chapters.flatMap(({ spec }) => spec.inputs)
  const input =
    inputs.findLast((one) => one.name === name) ?? inputs.findLast((one) => one.artifact?.name === name)
  if (input !== undefined) return input
  const files = knownFiles(state)
  const artifact = files.findLast((one) => one.name === name)
  if (artifact !== undefined) {
    const description = `${name}: ${artifact.mediaType}, ${artifact.size} bytes`
    return { name, artifact, description }
  }
  const known = [...inputs.map((one) => one.name), ...files.map((one) => one.name)]
  return `$file: expected a file of this task (${[...new Set(known)].join(', ') || 'it has none'}), found ${JSON.stringify(name)}`
}

/** Files that earlier tasks and delegates have returned. */
function knownFiles({ chapters, steps }: TaskWorld): ArtifactRef[] {
  const results = chapters.flatMap(({ spec }) => Object.values(spec.results))
  const outcomes = steps.flatMap(({ calls }) =>
    [...calls.values()].map(({ outcome }) => outcome?.artifacts ?? []),
  )
  return [...results.flatMap(({ artifacts }) => artifacts), ...outcomes.flat()]
}
