import { startCall } from './calls.ts'
import { lock } from './lockdown.ts'
import {
  bare,
  define,
  freeze,
  getDescriptor,
  isArray,
  isInteger,
  MAX_SAFE_INTEGER,
  PromiseClass,
  parseJson,
  toNumber,
  toText,
} from './primordials.ts'
import { isProxy, namedProxy } from './proxies.ts'

interface FunctionCard {
  name: string
  /** Names of the required arguments. */
  required: string[]
  properties: string[]
  access?: 'index'
}

/** Defines the granted tools and delegates as frozen globals that cannot be assigned. */
export function installFunctions(cards: string): void {
  const granted = parseJson(cards) as FunctionCard[]
  for (let index = 0; index < granted.length; index += 1) {
    const card = granted[index] as FunctionCard
    const made = card.access === 'index' ? indexed(card.name, card.properties[0] ?? '') : guestFunction(card)
    lock(globalThis, card.name, freeze(made))
  }
}

function guestFunction(card: FunctionCard): (...values: unknown[]) => Promise<unknown> {
  const { name } = card
  const call = (...values: unknown[]): Promise<unknown> => {
    try {
      return startCall(name, checked(card, values)).promise
    } catch (error) {
      return new PromiseClass((_, reject) => reject(error))
    }
  }
  define(call, 'name', bare({ value: name, configurable: true }))
  return call
}

function checked(card: FunctionCard, values: unknown[]): unknown {
  const { name, required, properties } = card
  const given = values.length > 0 ? values[0] : undefined
  const args = given === undefined && required.length === 0 ? {} : given
  const shape = properties.length === 0 ? '{}' : `{ ${listNames(properties)} }`
  if (typeof args !== 'object' || args === null || isArray(args) || values.length > 1) {
    throw new TypeError(`${name} takes one object: ${name}(${shape})`)
  }
  for (let index = 0; index < required.length; index += 1) {
    const key = required[index] as string
    if (isProxy(args) || getDescriptor(args, key)?.value !== undefined) continue
    if (getDescriptor(args, key)?.get !== undefined) continue
    throw new TypeError(`${name} needs the argument \`${key}\`: ${name}(${shape})`)
  }
  return args
}

function listNames(names: string[]): string {
  let text = ''
  for (let index = 0; index < names.length; index += 1) text += (index === 0 ? '' : ', ') + names[index]
  return text
}

/**
 * A function that code reads by index: `await name[3]` calls it with `{ [argument]: 3 }`. It has no other property, so
 * that awaiting or printing it makes no call.
 */
function indexed(name: string, argument: string): object {
  const refuse = (): never => {
    throw new TypeError(`\`${name}\` can only be read: await ${name}[1]`)
  }
  // Without a prototype: otherwise `Object.prototype.has` of the guest would become a trap of this handler.
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
