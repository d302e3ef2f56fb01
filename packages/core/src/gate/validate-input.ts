import { z } from 'zod'
import type { JsonSchema } from '../contract/json.ts'

const VALIDATORS = new WeakMap<JsonSchema, z.ZodType>()

/** The zod schema of a JSON Schema, made once per schema object. */
function validatorOf(schema: JsonSchema): z.ZodType {
  let validator = VALIDATORS.get(schema)
  if (validator === undefined) {
    validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
    VALIDATORS.set(schema, validator)
  }
  return validator
}

/** A line for each thing that is wrong with a value; empty when it fits. Paths read `items[2].name`. */
export function schemaProblems(schema: JsonSchema | z.ZodType, value: unknown): string[] {
  const validator = schema instanceof z.ZodType ? schema : validatorOf(schema)
  const parsed = validator.safeParse(value)
  return parsed.success ? [] : issueLines(parsed.error)
}

/** zod's issues as lines with readable paths. */
export function issueLines(error: z.ZodError): string[] {
  return error.issues.map(({ path, message }) => {
    const where = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
    return where === '' ? message : `${where.replace(/^\./, '')}: ${message}`
  })
}
