import { bare, define, freeze, ownKeys, PromiseClass, parseJson } from './primordials.ts'
import { state } from './state.ts'

const loaded: Record<string, object | undefined> = bare({})
/** For each granted package that failed to load, the reason. */
const broken: Record<string, string | undefined> = bare({})

/** Tells whether a package was loaded into this world, even if it failed. */
export function anyModule(): boolean {
  return ownKeys(loaded).length + ownKeys(broken).length > 0
}

/** Takes the namespace of a bundle. Copies it, so that `import * as x` gives a plain object. */
export function registerModule(name: string, namespace: Record<string, unknown>): void {
  const copy: Record<string, unknown> = bare({})
  const keys = ownKeys(namespace)
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index]
    if (typeof key !== 'string' || key === '__esModule') continue
    define(copy, key, bare({ value: namespace[key], enumerable: true }))
  }
  loaded[name] = freeze(copy)
}

/** Takes the reason why a package's own code failed. Every import of the package fails with it. */
export function registerBroken(name: string, why: string): void {
  broken[name] = why
}

class ImportError extends Error {
  constructor(message: string) {
    super(message)
    define(this, 'name', bare({ value: 'ImportError', configurable: true, writable: true }))
  }
}

// Guest code reaches the class as `error.constructor`. Frozen, it keeps the `Error` that it extends.
freeze(ImportError)

/** The namespace of a granted package. @throws ImportError that names what may be imported */
export function importModule(name: unknown): object {
  if (typeof name !== 'string') throw new ImportError('import takes the name of a package')
  const found = loaded[name]
  if (found !== undefined) return found
  const why = broken[name]
  if (why !== undefined) throw new ImportError(why)
  const answer = parseJson(state.door.load(name)) as { refused?: string }
  const now = loaded[name]
  if (now === undefined) throw new ImportError(answer.refused ?? `"${name}" could not be loaded`)
  return now
}

/** The guest's `import(name)`. */
export function importLater(name: unknown): Promise<object> {
  return new PromiseClass((resolve) => resolve(importModule(name)))
}
