import { isFileName } from './files.ts'
import { bare, getDescriptor, indexOf, type List, list, ownKeys, push, slice } from './primordials.ts'
import { worldHash } from './world-hash.ts'

type Read = () => unknown

/** Getters of the guest's `let` and `var` variables and of its inputs, by name. */
const reads: Record<string, Read | undefined> = bare({})
/** Their names in the order of their declaration. */
export const variableNames: List<string> = list()
/** Global properties that existed before any guest code ran. */
const baseline: Record<PropertyKey, true> = bare({})

/** Marks the present properties of the global object as not the guest's. */
export function markBuiltins(): void {
  const keys = ownKeys(globalThis)
  for (let index = 0; index < keys.length; index += 1) baseline[keys[index] as PropertyKey] = true
}

export function isBuiltin(key: PropertyKey): boolean {
  return baseline[key] === true
}

/** Takes the getters of the variables that a step declared. */
export function declare(made: Record<string, Read>): void {
  for (const name in made) {
    if (reads[name] === undefined) push(variableNames, name)
    reads[name] = made[name] as Read
  }
}

/** Takes the comma-separated names that a step sets on the global object. They may be names of builtins. */
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

/** The hash of every variable of the world and of everything that they refer to. */
export function hash(): string {
  const all: List<string> = list()
  for (let index = 0; index < variableNames.length; index += 1) push(all, variableNames[index] as string)
  const keys = ownKeys(globalThis)
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as PropertyKey
    if (typeof key !== 'string' || isBuiltin(key) || isFileName(key)) continue
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
