import type { JsonSchema } from '@bailiwick/contract'
import { z } from 'zod'
import { describeIssues } from '../gate/describe-issues.ts'

export type Checked = { ok: true; value: unknown } | { ok: false; problem: string }

/** By the schema's identity: cards live as long as their task. */
const compiled = new WeakMap<JsonSchema, z.ZodType>()

/** Whether a value fits a JSON Schema; the value comes back with defaults filled in. */
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
 * A call's arguments against its card, after undoing what models get wrong about their form: JSON in a
 * string, and a bare value where the one argument object was wanted.
 */
export function validateInput(schema: JsonSchema, args: unknown): Checked {
  return checkValue(schema, toArgumentObject(schema, args))
}

function toArgumentObject(schema: JsonSchema, args: unknown): unknown {
  if (args === undefined || args === null) return {}
  if (typeof args === 'object' && !Array.isArray(args)) return args
  if (typeof args === 'string' && /^\s*\{/.test(args)) {
    try {
      return JSON.parse(args)
    } catch {
      // Not JSON after all: a text that begins with a brace.
    }
  }
  const { required, properties } = schema as { required?: string[]; properties?: object }
  const field = required?.[0] ?? Object.keys(properties ?? {})[0]
  return field === undefined ? args : { [field]: args }
}

/** A schema with keywords that zod does not know still has its top level checked. */
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
