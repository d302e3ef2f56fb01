import { bare, define, freeze, type List, list, push } from './primordials.ts'

/** What locked names stand for, in the order in which they were defined. */
export const lockedValues: List<unknown> = list()

/**
 * Defines a name that guest code can use and cannot assign to. An accessor, because guest code is not
 * strict: assigning to a read-only property would do nothing, and say nothing.
 */
export function lock(target: object, name: string, value: unknown): void {
  push(lockedValues, value)
  define(
    target,
    name,
    bare({
      get: freeze(() => value),
      set: freeze(() => {
        throw new TypeError(
          `\`${name}\` is already defined here and cannot be assigned to; choose another name`,
        )
      }),
      enumerable: false,
      configurable: false,
    }),
  )
}
