import { readJson } from '@bailiwick/contract'

/** How exactly values have to agree. */
export interface Exactness {
  ignoreCase?: boolean | undefined
  /** How far numbers may be apart. Default: a billionth of the expected number. */
  tolerance?: number | undefined
}

/** Whether two values agree: numbers within the tolerance, texts without regard to blanks, lists in order. */
export function agrees(answer: unknown, expected: unknown, exactness: Exactness = {}): boolean {
  if (typeof expected === 'number') {
    const number = asNumber(answer)
    return number !== undefined && isNear(number, expected, exactness.tolerance)
  }
  if (typeof expected === 'string') {
    return typeof answer === 'string' && plain(answer, exactness) === plain(expected, exactness)
  }
  if (Array.isArray(expected)) {
    return (
      Array.isArray(answer) &&
      answer.length === expected.length &&
      expected.every((item, index) => agrees(answer[index], item, exactness))
    )
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return false
    const given = answer as Record<string, unknown>
    const keys = Object.keys(expected)
    return (
      keys.length === Object.keys(given).length &&
      keys.every(
        (key) =>
          Object.hasOwn(given, key) &&
          agrees(given[key], (expected as Record<string, unknown>)[key], exactness),
      )
    )
  }
  return answer === expected
}

/** Whether two lists have the same items, in any order. Each item counts once. */
export function sameItems(answer: unknown, expected: readonly unknown[], exactness: Exactness): boolean {
  const given = Array.isArray(answer)
    ? [...answer]
    : typeof answer === 'string'
      ? answer.split(/[,;\n]/)
      : undefined
  if (given === undefined || given.length !== expected.length) return false
  for (const item of expected) {
    const found = given.findIndex((one) => agrees(one, item, exactness))
    if (found < 0) return false
    given.splice(found, 1)
  }
  return true
}

export function isNear(number: number, expected: number, tolerance = Math.abs(expected) * 1e-9): boolean {
  return number === expected || Math.abs(number - expected) <= tolerance
}

const NUMBER = /[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?/g

/** A number, or a text that is nothing but one number. */
function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  const [found, ...others] = value.match(NUMBER) ?? []
  const isAll = found !== undefined && others.length === 0 && value.trim().length === found.length
  return isAll ? toNumber(found) : undefined
}

/** A number, or the last one in a text: "The total is $1,204.50." */
export function numberIn(value: unknown): number | undefined {
  if (typeof value !== 'string') return asNumber(value)
  const last = value.match(NUMBER)?.at(-1)
  return last === undefined ? undefined : toNumber(last)
}

function toNumber(text: string): number {
  return Number(text.replaceAll(',', '').replace('−', '-'))
}

function plain(text: string, { ignoreCase }: Exactness): string {
  const joined = text.normalize('NFC').trim().replaceAll(/\s+/g, ' ')
  return ignoreCase ? joined.toLowerCase() : joined
}

/** The part of an answer at a dotted path. An answer in text is read as JSON if it is not a text that is expected. */
export function partOf(answer: unknown, at: string | undefined, expected: unknown): unknown {
  let value =
    typeof answer === 'string' && (at !== undefined || typeof expected !== 'string') ? read(answer) : answer
  for (const key of at?.split('.') ?? []) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

function read(text: string): unknown {
  if (/^\s*null\s*$/.test(text)) return null
  return readJson(text) ?? text
}
