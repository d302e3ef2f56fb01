import { type JsonSchema, parseJson } from '@bailiwick/contract'
import { z } from 'zod'

export type Checked = { ok: true; value: unknown } | { ok: false; problem: string }

/** Compiled validators by the schema object: a task's cards keep theirs until it ends. */
const compiled = new WeakMap<JsonSchema, z.ZodType>()

/** Checks a value against a JSON Schema. The checked value has the schema's defaults filled in. */
export function checkValue(schema: JsonSchema, value: unknown): Checked {
  let validator = compiled.get(schema)
  if (validator === undefined) {
    validator = compile(schema)
    compiled.set(schema, validator)
  }
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
