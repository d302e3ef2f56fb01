import { bare, getDescriptor, indexOf, type List, list, ownKeys, push, slice } from './primordials.ts'
import { worldHash } from './world-hash.ts'

type Read = () => unknown

/** The guest's `let`, `var` and inputs, by name. */
const reads: Record<string, Read | undefined> = bare({})
/** Their names in the order in which they were made. */
export const variableNames: List<string> = list()
/** Global properties that were there before any guest code. */
const baseline: Record<PropertyKey, true> = bare({})

/** What is on the global object now is not the guest's. */
export function markBuiltins(): void {
  const keys = ownKeys(globalThis)
  for (let index = 0; index < keys.length; index += 1) baseline[keys[index] as PropertyKey] = true
}

export function isBuiltin(key: PropertyKey): boolean {
  return baseline[key] === true
}

/** Takes the getters of variables that a step's declarations made. */
export function declare(made: Record<string, Read>): void {
  for (const name in made) {
    if (reads[name] === undefined) push(variableNames, name)
    reads[name] = made[name] as Read
  }
}

/** Takes the names, with commas between, that a step sets on the global object; builtins' names too. */
export function constants(text: string): void {
  for (let at = 0; at < text.length; ) {
    const comma = indexOf(text, ',', at)
    const end = comma < 0 ? text.length : comma
    delete baseline[slice(text, at, end)]
    at = end + 1
  }
}

export function readVariable(name: string): unknown {
  return reads[name]?.()
}

/** Hash of every variable of the world and all they reach. */
export function hash(): string {
  const all: List<string> = list()
  for (let index = 0; index < variableNames.length; index += 1) push(all, variableNames[index] as string)
  const keys = ownKeys(globalThis)
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as PropertyKey
    if (typeof key !== 'string' || isBuiltin(key)) continue
    push(all, `globalThis.${key}`)
  }
  return worldHash(all, (name) => {
    const read = reads[name]
    return read === undefined ? globalProperty(name) : read()
  })
}

function globalProperty(name: string): unknown {
  return getDescriptor(globalThis, slice(name, 'globalThis.'.length))?.value
}
