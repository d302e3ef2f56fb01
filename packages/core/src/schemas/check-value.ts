import { type JsonSchema, parseJson } from '@bailiwick/contract'
import { z } from 'zod'

export type Checked = { ok: true; value: unknown } | { ok: false; problem: string }

/** Compiled validators by the schema object: a task's cards keep theirs until it ends. */
const compiled = new WeakMap<JsonSchema, z.ZodType>()

/** Checks a value against a JSON Schema. The checked value has the schema's defaults filled in. */
export function checkValue(schema: JsonSchema, value: unknown): Checked {
  const validator = validatorOf(schema)
  const parsed = validator.safeParse(value)
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, problem: describeIssues(parsed.error.issues) }
}

/**
 * Checks a call's arguments against the tool's schema. Corrects two common mistakes of models first: JSON in a
 * string, and a bare value instead of the argument object.
 */
export function checkArguments(schema: JsonSchema, args: unknown): Checked {
  return checkValue(schema, toArgumentObject(schema, args))
}

function toArgumentObject(schema: JsonSchema, args: unknown): unknown {
  if (args === undefined || args === null) return {}
  if (typeof args === 'object' && !Array.isArray(args)) return args
  if (typeof args === 'string' && /^\s*\{/.test(args)) {
    const parsed = parseJson(args)
    if (parsed !== undefined) return parsed
  }
  const { required, properties } = schema as { required?: string[]; properties?: object }
  const field = required?.[0] ?? Object.keys(properties ?? {})[0]
  return field === undefined ? args : { [field]: args }
}

function validatorOf(schema: JsonSchema): z.ZodType {
  let validator = compiled.get(schema)
  if (validator === undefined) {
    validator = compile(schema)
    compiled.set(schema, validator)
  }
  return validator
}

/** Lists of more items are checked in pieces of this many first. */
const MAX_AT_ONCE = 1_000
/** Time for checks in one turn of the event loop, ms. */
const SLICE_MS = 2

/** Checks large arguments like {@link checkArguments}, in several turns of the event loop. */
export function checkLargeArguments(schema: JsonSchema, args: unknown): Promise<Checked> {
  return checkLargeValue(schema, toArgumentObject(schema, args))
}

/**
 * Checks a large value like {@link checkValue}, but first in pieces, in several turns of the event loop, up to the
 * first wrong item: zod collects an issue for every wrong item, and a hundred thousand of them take longer than a guest
 * may keep its host busy.
 */
export async function checkLargeValue(schema: JsonSchema, value: unknown): Promise<Checked> {
  let until = performance.now() + SLICE_MS
  const search = findWrongItem(schema, value)
  for (let next = search.next(); ; next = search.next()) {
    if (next.done === true) {
      if (next.value.length > 0) return { ok: false, problem: describeIssues(next.value) }
      break
    }
    if (performance.now() < until) continue
    await nextTurn()
    until = performance.now() + SLICE_MS
  }
  await nextTurn()
  const checked = checkValue(schema, value)
  await nextTurn()
  return checked
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Whether a value has more than a thousand parts, at any depth. */
export function isLarge(value: unknown): boolean {
  return countParts(value, MAX_AT_ONCE) > MAX_AT_ONCE
}

/** Counts the parts of a value, up to one more than `most`. */
function countParts(value: unknown, most: number): number {
  let count = 0
  if (!isObject(value)) return count
  for (const key in value) {
    count += 1 + countParts(value[key], most - count)
    if (count > most) break
  }
  return count
}

/** The parts of a JSON Schema that describe items. */
interface Nested {
  items?: unknown
  properties?: Record<string, unknown>
  additionalProperties?: unknown
}

type Issues = z.core.$ZodIssue[]

/** Finds the first wrong item in a list or an object, and pauses now and then. */
function* findWrongItem(schema: unknown, value: unknown): Generator<void, Issues> {
  if (!isObject(schema) || !isObject(value)) return []
  const { items, properties, additionalProperties } = schema as Nested
  if (Array.isArray(value)) return isObject(items) ? yield* findInList(items, value) : []
  if (properties === undefined && !isObject(additionalProperties)) return []
  for (const key of Object.keys(value)) {
    const inner = properties?.[key] ?? additionalProperties
    const issues = yield* findWrongItem(inner, value[key])
    if (issues.length > 0) return at(key, issues)
  }
  if (!isObject(additionalProperties)) return []
  return yield* findInPieces(Object.entries(value), (piece) =>
    issuesOf({ type: 'object', additionalProperties }, Object.fromEntries(piece)),
  )
}

function* findInList(items: Nested, list: readonly unknown[]): Generator<void, Issues> {
  const isNested =
    isObject(items.items) || items.properties !== undefined || isObject(items.additionalProperties)
  for (const [index, item] of isNested ? list.entries() : []) {
    if (index % MAX_AT_ONCE === 0) yield
    const issues = yield* findWrongItem(items, item)
    if (issues.length > 0) return at(index, issues)
  }
  const part = { type: 'array', items }
  return yield* findInPieces(list, (piece, start) => {
    const [first] = issuesOf(part, piece)
    if (first === undefined) return []
    const [index, ...path] = first.path
    return [{ ...first, path: [start + Number(index), ...path] }]
  })
}

function* findInPieces<T>(
  list: readonly T[],
  find: (piece: T[], start: number) => Issues,
): Generator<void, Issues> {
  for (let start = 0; start < list.length; start += MAX_AT_ONCE) {
    yield
    const issues = find(list.slice(start, start + MAX_AT_ONCE), start)
    if (issues.length > 0) return issues
  }
  return []
}

function at(key: PropertyKey, issues: Issues): Issues {
  return issues.map((issue) => ({ ...issue, path: [key, ...issue.path] }))
}

function issuesOf(schema: object, value: unknown): Issues {
  const parsed = validatorOf(schema as JsonSchema).safeParse(value)
  return parsed.success ? [] : parsed.error.issues
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}

/** Compiles a schema. If it has keywords that zod does not know, only the required fields are checked. */
function compile(schema: JsonSchema): z.ZodType {
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  } catch {
    const required = (schema as { required?: string[] }).required ?? []
    return z.looseObject(
      Object.fromEntries(required.map((name) => [name, z.unknown().refine((v) => v !== undefined)])),
    )
  }
}

/** Describes zod's issues, each with its path: `year: expected number, received string`. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues.slice(0, 8).map((issue) => {
    const path = issue.path.reduce<string>(
      (path, key) =>
        typeof key === 'number' ? `${path}[${key}]` : path ? `${path}.${String(key)}` : String(key),
      '',
    )
    const words = issue.message.replace(/^Invalid input: |^Invalid /, '')
    if (words.endsWith('received undefined'))
      return `${path || 'it'} is missing (${words.replace(/, received.*/, '')})`
    return path ? `${path}: ${words}` : words
  })
  const more = issues.length - shown.length
  return more > 0 ? `${shown.join('; ')}; and ${more} more` : shown.join('; ')
}
