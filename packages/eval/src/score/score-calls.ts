import type { Json } from '@bailiwick/contract'

/** A call that an agent made. */
export interface MadeCall {
  name: string
  arguments: unknown
}

interface GoldCall {
  name: string
  arguments: Record<string, Json[]>
}

/**
 * Compares calls with the accepted ones, as BFCL does: as many as expected, in any order, each expected call matched
 * with the first unused one that fits. Returns undefined if they agree.
 */
export function scoreCalls(expected: readonly GoldCall[], made: readonly MadeCall[]): string | undefined {
  if (made.length !== expected.length)
    return `expected ${expected.length} calls, found ${made.length}: ${list(made)}`
  const unused = [...made]
  for (const gold of expected) {
    const found = unused.findIndex((call) => fits(call, gold))
    if (found < 0)
      return `expected the call ${gold.name}(${JSON.stringify(gold.arguments)}), found ${list(unused)}`
    unused.splice(found, 1)
  }
  return undefined
}

function list(calls: readonly MadeCall[]): string {
  return (
    calls
      .map(({ name, arguments: args }) => `${name}(${JSON.stringify(args)})`)
      .join(', ')
      .slice(0, 600) || 'none'
  )
}

function fits({ name, arguments: args }: MadeCall, gold: GoldCall): boolean {
  if (name !== gold.name || typeof args !== 'object' || args === null) return false
  const given = args as Record<string, unknown>
  const known = Object.keys(given).every((key) => Object.hasOwn(gold.arguments, key))
  return (
    known &&
    Object.entries(gold.arguments).every(([key, values]) =>
      Object.hasOwn(given, key) ? values.some((value) => fitsValue(given[key], value)) : values.includes(''),
    )
  )
}

function fitsValue(given: unknown, accepted: Json): boolean {
  if (typeof accepted === 'string') return typeof given === 'string' && plain(given) === plain(accepted)
  if (Array.isArray(accepted)) {
    return (
      Array.isArray(given) &&
      given.length === accepted.length &&
      accepted.every((item, index) => fitsValue(given[index], item))
    )
  }
  if (typeof accepted === 'object' && accepted !== null) return fitsObject(given, accepted)
  return given === accepted
}

/** Each key of an accepted object has a list of accepted values of its own. */
function fitsObject(given: unknown, accepted: { [key: string]: Json }): boolean {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false
  const fields = given as Record<string, unknown>
  const valuesOf = (value: Json) => (Array.isArray(value) ? value : [value])
  return (
    Object.keys(fields).every((key) => Object.hasOwn(accepted, key)) &&
    Object.entries(accepted).every(([key, value]) =>
      Object.hasOwn(fields, key)
        ? valuesOf(value).some((one) => fitsValue(fields[key], one))
        : valuesOf(value).includes(''),
    )
  )
}

/** Texts are compared without case, blanks and these marks. */
function plain(text: string): string {
  return text
    .replaceAll(/[ ,./\-_*^]/g, '')
    .toLowerCase()
    .replaceAll("'", '"')
}
