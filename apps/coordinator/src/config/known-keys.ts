import { z } from 'zod'

/** The keys an object schema knows at a path: what a mistyped key is compared with. */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  const inner = unwrap(schema)
  const [part, ...rest] = path
  if (part === undefined) return objectsOf(inner).flatMap((object) => Object.keys(object.shape))
  if (inner instanceof z.ZodArray) return knownKeys(inner.element, rest)
  if (inner instanceof z.ZodRecord) return knownKeys(inner.valueType, rest)
  for (const object of objectsOf(inner)) {
    const field = object.shape[String(part)]
    if (field !== undefined) return knownKeys(field, rest)
  }
  return []
}

function objectsOf(schema: z.core.$ZodType): z.ZodObject[] {
  const inner = unwrap(schema)
  if (inner instanceof z.ZodObject) return [inner]
  if (inner instanceof z.ZodUnion) return inner.options.flatMap(objectsOf)
  return []
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  ) {
    return unwrap(schema.unwrap())
  }
  return schema
}
