import { existsSync } from 'node:fs'
import { InputError, type Json, type JsonSchema } from '@bailiwick/contract'
import { z } from 'zod'
import type { Case } from './case.ts'
import { readRows } from './read-rows.ts'

const rowSchema = z.object({
  id: z.string(),
  question: z.array(z.array(z.object({ role: z.string(), content: z.string() }))),
  function: z.array(
    z.object({ name: z.string(), description: z.string(), parameters: z.record(z.string(), z.unknown()) }),
  ),
})
const accepted = z.record(z.string(), z.array(z.custom<Json>()))
const goldSchema = z.object({ id: z.string(), ground_truth: z.array(z.record(z.string(), accepted)) })

/**
 * BFCL as published: a question, functions, and beside it, in `<name>.gold.jsonl` or `possible_answer/<name>`, the
 * accepted values of each argument. What counts is the calls; they return nothing. Arguments are native JSON, so the
 * strings of source that BFCL wants in its JavaScript rows are compared as values.
 */
export async function* readBfcl(path: string): AsyncGenerator<Case> {
  const gold = readRows(goldFile(path))[Symbol.asyncIterator]()
  for await (const given of readRows(path)) {
    const { id, question, function: functions } = rowSchema.parse(given)
    const next = await gold.next()
    const { ground_truth: truth } = goldSchema.parse(next.value)
    const text = question.flat().map(({ content }) => content)
    const calls = truth.flatMap((call) =>
      Object.entries(call).map(([name, args]) => ({ name: plainName(name), arguments: args })),
    )
    const required = new Map(
      functions.map(({ name, parameters }) => [plainName(name), (parameters.required ?? []) as string[]]),
    )
    const solved = calls.map(({ name, arguments: args }) => ({
      name,
      arguments: firstAccepted(args, required.get(name)),
    }))
    const isSource = id.startsWith('simple_javascript') || id.startsWith('javascript')
    yield {
      id,
      task: `${text.join('\n\n')}\n\nUse the functions. Their results do not matter: when you have called what the request needs, answer "done".`,
      tools: functions.map(({ name, description, parameters }) => ({
        name: plainName(name),
        description,
        input: toJsonSchema(parameters, isSource),
      })),
      checks: [{ kind: 'calls', calls }],
      tags: ['calls', id.replace(/_\d+(-\d+)*$/, '')],
      solution: {
        code: `await Promise.all([${solved.map(({ name, arguments: args }) => `${name}(${JSON.stringify(args)})`).join(', ')}])\nreturn 'done'`,
        calls: [solved],
        answer: 'done',
      },
    }
  }
}

function goldFile(path: string): string {
  const beside = path.replace(/\.jsonl?$/, '.gold.jsonl')
  const published = path.replace(/([^/\\]+)$/, 'possible_answer/$1')
  const found = [beside, published].find((file) => file !== path && existsSync(file))
  if (found !== undefined) return found
  throw new InputError(`Expected the accepted answers in ${beside} or ${published}, found neither.`)
}

/** APIs forbid points in names. */
function plainName(name: string): string {
  return name.replaceAll(/[^\w]/g, '_')
}

/** Some functions require an argument that gold calls optional. */
function firstAccepted(args: Record<string, Json[]>, required: readonly string[] = []): Record<string, Json> {
  const given = Object.entries(args).filter(
    ([name, values]) => required.includes(name) || !values.includes(''),
  )
  const first = (values: Json[]) => values.find((value) => value !== '') ?? values[0] ?? null
  return Object.fromEntries(given.map(([name, values]) => [name, unwrapped(first(values))]))
}

/** In gold, an object has lists of accepted values too. */
function unwrapped(value: Json): Json {
  if (Array.isArray(value)) return value.map(unwrapped)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).filter(([, values]) => !(Array.isArray(values) && values.includes('')))
  return Object.fromEntries(
    fields.map(([key, values]) => [key, Array.isArray(values) ? unwrapped(values[0] ?? null) : values]),
  )
}

const TYPES: Readonly<Record<string, string | undefined>> = {
  dict: 'object',
  float: 'number',
  tuple: 'array',
  any: undefined,
  string: 'string',
  bigint: 'integer',
  boolean: 'boolean',
}

/**
 * BFCL's names of types are Python's and JavaScript's.
 *
 * @param isSource lists and objects may also be source, such as the name of a variable: gold has both
 */
function toJsonSchema(schema: Record<string, unknown>, isSource: boolean, isTop = true): JsonSchema {
  const changed = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (key === 'optional' || key === 'default') return []
    if (key === 'type' && typeof value === 'string') {
      const lower = value.toLowerCase()
      const type = Object.hasOwn(TYPES, lower) ? TYPES[lower] : lower
      if (type === undefined) return []
      return [[key, isSource && !isTop && (type === 'object' || type === 'array') ? [type, 'string'] : type]]
    }
    if (key === 'properties' && isObject(value)) {
      const fields = Object.entries(value).map(([name, inner]) => [
        name,
        isObject(inner) ? toJsonSchema(inner, isSource, false) : inner,
      ])
      return [[key, Object.fromEntries(fields)]]
    }
    return [[key, isObject(value) ? toJsonSchema(value, isSource, false) : value]]
  })
  return Object.fromEntries(changed)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
