import type { JsonSchema } from '@bailiwick/contract'
import type { TSType } from 'oxc-parser'
import type { TypeScope } from './type-scope.ts'

/** The schema of a union. Literals become `enum`, plain types a list of types, and others `anyOf`. */
export function unionSchema(types: TSType[], scope: TypeScope): JsonSchema {
  const schemas = types.filter(({ type }) => !isNothing(type)).map((type) => scope.read(type, scope))
  const [only] = schemas
  if (schemas.length === 1 && only !== undefined) return only
  const values = schemas.map(literalValue)
  if (values.every((value) => value !== undefined)) return { enum: values }
  const names = schemas.map(plainType)
  if (names.every((name) => name !== undefined)) return { type: [...new Set(names)] }
  return { anyOf: schemas }
}

/** Whether a type marks a value that may be omitted. */
export function isNothing(type: string): boolean {
  return type === 'TSUndefinedKeyword' || type === 'TSVoidKeyword'
}

function literalValue(schema: JsonSchema): unknown {
  return schema.type === 'null' ? null : schema.const
}

function plainType(schema: JsonSchema): string | undefined {
  const { type } = schema
  return typeof type === 'string' && Object.keys(schema).length === 1 ? type : undefined
}
