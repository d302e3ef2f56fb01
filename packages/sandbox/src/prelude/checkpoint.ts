import { walkBuiltins } from './builtins.ts'
import { clockState, setClock } from './clock.ts'
import { knownKeys, setKnownKeys } from './known-keys.ts'
import { anyModule } from './modules.ts'
import { getDescriptor, ownKeys, parseJson, quote, toText } from './primordials.ts'
import { readGraph, setField, type WrittenObject, type WrittenValue } from './read-graph.ts'
import { lastTimer, setLastTimer } from './timers.ts'
import { isBuiltin, readVariable, variableNames } from './variables.ts'
import { GraphWriter, NotPlainError } from './write-graph.ts'

/** A world between two steps, as text: its variables, and what of the prelude outlasts a step. */
interface Written {
  builtins: string
  clock: number
  timer: number
  keys: string
  variables: [name: string, value: WrittenValue][]
  globals: [name: string, value: WrittenValue][]
  objects: WrittenObject[]
}

/** Writes the world down, as JSON; `{ refused }` where it is not plain data throughout. */
export function writeCheckpoint(most: number): string {
  try {
    return write(most)
  } catch (error) {
    if (!(error instanceof NotPlainError)) throw error
    return `{"refused":${quote(error.message)}}`
  }
}

function write(most: number): string {
  // A package may keep what nobody can see: a counter, a cache, options.
  if (anyModule()) throw new NotPlainError('the world has loaded a package')
  const builtins = walkBuiltins()
  const writer = new GraphWriter(most, builtins)
  writer.put(`{"builtins":"${builtins.digest}","clock":${toText(clockState())},"timer":${lastTimer()}`)
  writer.put(`,"keys":${quote(knownKeys())},"variables":[`)
  for (let index = 0; index < variableNames.length; index += 1) {
    if (index > 0) writer.put(',')
    const name = variableNames[index] as string
    writer.root(name, readVariable(name))
  }
  writer.put('],"globals":[')
  const keys = ownKeys(globalThis)
  let count = 0
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as PropertyKey
    if (isBuiltin(key)) continue
    const field = getDescriptor(globalThis, key)
    if (typeof key !== 'string' || !field?.writable || !field.enumerable || !field.configurable) {
      throw new NotPlainError(`the global object holds what is no plain variable: ${toText(key)}`)
    }
    if (count > 0) writer.put(',')
    writer.root(key, field.value)
    count += 1
  }
  writer.put('],"objects":')
  writer.objects()
  writer.put('}')
  return writer.text
}

/**
 * Gives a fresh world what `writeCheckpoint` wrote. The variables are declared already.
 *
 * @throws Error where the builtins of this world are others than those that the text refers to
 */
export function readCheckpoint(text: string, assign: Record<string, (value: unknown) => void>): void {
  const written = parseJson(text) as Written
  const builtins = walkBuiltins()
  if (builtins.digest !== written.builtins) throw new Error('the builtins are not those of the checkpoint')
  setClock(written.clock)
  setLastTimer(written.timer)
  setKnownKeys(written.keys)
  const read = readGraph(written.objects, builtins)
  for (let index = 0; index < written.variables.length; index += 1) {
    const [name, value] = written.variables[index] as [string, WrittenValue]
    assign[name]?.(read(value))
  }
  for (let index = 0; index < written.globals.length; index += 1) {
    const [name, value] = written.globals[index] as [string, WrittenValue]
    setField(globalThis, name, read(value))
  }
}
