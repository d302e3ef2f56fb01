import {
  bare,
  define,
  freeze,
  getDescriptor,
  type List,
  list,
  ownKeys,
  parseJson,
  push,
} from './primordials.ts'

/** The name of a file that is no variable, and the getter that says so. */
interface FileName {
  name: string
  get: () => never
}

const files: List<FileName> = list()

/**
 * Defines the names of files, so that code that takes one for a variable is told how to read the file. Every use of the
 * name reads the property, also `typeof`. A declaration or an assignment of the code replaces it.
 */
export function installFiles(text: string): void {
  const advice = bare(parseJson(text) as Record<string, string>)
  const names = ownKeys(advice) as string[]
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string
    const message = advice[name] as string
    const get = freeze((): never => {
      throw new TypeError(message)
    })
    const set = freeze((value: unknown) => {
      define(globalThis, name, bare({ value, writable: true, enumerable: true, configurable: true }))
    })
    push(files, bare({ name, get }) as FileName)
    define(globalThis, name, bare({ get, set, enumerable: false, configurable: true }))
  }
}

/** Whether a global is still the name of a file: it is no variable of the code, and each world has it from its start. */
export function isFileName(key: PropertyKey): boolean {
  for (let index = 0; index < files.length; index += 1) {
    const { name, get } = files[index] as FileName
    if (name === key) return getDescriptor(globalThis, key)?.get === get
  }
  return false
}

/** The name of a file that the code has deleted; undefined if there is none. A checkpoint cannot tell that it is gone. */
export function deletedFileName(): string | undefined {
  for (let index = 0; index < files.length; index += 1) {
    const { name } = files[index] as FileName
    if (getDescriptor(globalThis, name) === undefined) return name
  }
  return undefined
}
