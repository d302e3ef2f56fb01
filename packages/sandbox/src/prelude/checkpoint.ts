import { walkBuiltins } from './builtins.ts'
import { clockState, setClock } from './clock.ts'
import { deletedFileName, isFileName } from './files.ts'
import { knownKeys, setKnownKeys } from './known-keys.ts'
import { anyModule } from './modules.ts'
import { getDescriptor, ownKeys, parseJson, quote, toText } from './primordials.ts'
import { readGraph, setField, type WrittenObject, type WrittenValue } from './read-graph.ts'
import { lastTimer, setLastTimer } from './timers.ts'
import { isBuiltin, readVariable, variableNames } from './variables.ts'
import { GraphWriter, NotPlainError } from './write-graph.ts'

/** A world between two steps: its variables, and the state of the prelude that outlasts a step. */
interface Written {
  builtins: string
  clock: number
  timer: number
  keys: string
  variables: [name: string, value: WrittenValue][]
  globals: [name: string, value: WrittenValue][]
  objects: WrittenObject[]
}

/** Writes the world as JSON, or `{ refused }` if it does not consist of plain data only. */
export function writeCheckpoint(maxChars: number): string {
  try {
    return write(maxChars)
  } catch (error) {
    if (!NotPlainError.is(error)) throw error
    return `{"refused":${quote(error.message)}}`
  }
}

function write(maxChars: number): string {
  // A package may have hidden state, such as a counter, a cache or options.
  if (anyModule()) throw new NotPlainError('the world has loaded a package')
  const deleted = deletedFileName()
  if (deleted !== undefined) throw new NotPlainError(`the code has deleted the name of a file: ${deleted}`)
  const builtins = walkBuiltins()
  const writer = new GraphWriter(maxChars, builtins)
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
    if (isBuiltin(key) || isFileName(key)) continue
    const field = getDescriptor(globalThis, key)
    if (typeof key !== 'string' || !field?.writable || !field.enumerable || !field.configurable) {
      throw new NotPlainError(`the global object has a property that is not a plain variable: ${toText(key)}`)
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
 * Fills a fresh world from the text of `writeCheckpoint`. The variables must be declared already.
 *
 * @throws Error if the builtins of this world differ from those that the text refers to
 */
export function readCheckpoint(text: string, assign: Record<string, (value: unknown) => void>): void {
  const written = parseJson(text) as Written
  const builtins = walkBuiltins()
  if (builtins.digest !== written.builtins)
    throw new Error('the builtins differ from those of the checkpoint')
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
