import { startCall } from './calls.ts'
import { bare, freeze, isInteger, MAX_SAFE_INTEGER, PromiseClass, toNumber, toText } from './primordials.ts'
import { namedProxy } from './proxies.ts'

/**
 * What code reads by number: `await name[3]` calls the function with `{ [argument]: 3 }`. It has no other
 * property, so that awaiting or printing it calls nothing.
 */
export function indexed(name: string, argument: string): object {
  const refuse = (): never => {
    throw new TypeError(`\`${name}\` can only be read: await ${name}[1]`)
  }
  // Without prototypes: a guest's `Object.prototype.has` would be a trap of this handler.
  const handler = bare({
    get: (_: object, key: PropertyKey) => {
      if (typeof key !== 'string') return undefined
      const index = toNumber(key)
      if (!isInteger(index) || index < 0 || index > MAX_SAFE_INTEGER || toText(index) !== key)
        return undefined
      try {
        return startCall(name, bare({ [argument]: index })).promise
      } catch (error) {
        return new PromiseClass((_resolve, reject) => reject(error))
      }
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    setPrototypeOf: refuse,
  })
  return namedProxy(freeze(bare({})), handler, `[${name}: await ${name}[1]]`)
}
