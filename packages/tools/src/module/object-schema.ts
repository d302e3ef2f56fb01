import type { JsonSchema } from '@bailiwick/contract'
import type { PropertyKey as Key, TSSignature, TSType } from 'oxc-parser'
import { parseDoc } from './doc-comment.ts'
import { docBefore } from './source.ts'
import { refuse, type TypeScope } from './type-scope.ts'
import { isNothing } from './union-schema.ts'

/** The schema of an object type. The doc comments of its members become descriptions. */
export function membersSchema(members: TSSignature[], scope: TypeScope): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  const required: string[] = []
  let rest: JsonSchema | undefined
  for (const member of members) {
    if (member.type === 'TSIndexSignature') {
      rest = scope.read(member.typeAnnotation.typeAnnotation, scope)
      continue
    }
    if (member.type !== 'TSPropertySignature')
      return refuse(scope, member, 'functions cannot be sent as JSON')
    const name = keyName(member.key)
    const type = member.typeAnnotation?.typeAnnotation
    if (name === undefined || type === undefined)
      return refuse(scope, member, 'a member needs a name and a type')
    const doc = docBefore(scope.source, member)
    const description = doc === undefined ? '' : parseDoc(doc).text
    properties[name] = { ...scope.read(type, scope), ...(description === '' ? {} : { description }) }
    if (!member.optional && !mayBeNothing(type)) required.push(name)
  }
  if (rest !== undefined && members.length === 1) return { type: 'object', additionalProperties: rest }
  return {
    type: 'object',
    properties,
    required,
    ...(rest !== undefined && { additionalProperties: rest }),
  }
}

/** The schema of `Record<key, value>`, with any keys or exactly the named ones. */
export function indexSchema(key: TSType, value: TSType, scope: TypeScope): JsonSchema {
  const keys = scope.read(key, scope)
  const item = scope.read(value, scope)
  const named = (keys.enum ?? (keys.const === undefined ? undefined : [keys.const])) as unknown[] | undefined
  if (named === undefined) return { type: 'object', additionalProperties: item }
  const names = named.map(String)
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, item])),
    required: names,
  }
}

/** The schema of `A & B`, for object types. */
export function intersectionSchema(types: TSType[], scope: TypeScope): JsonSchema {
  return mergeObjects(
    types.map((type) => {
      const schema = scope.read(type, scope)
      return schema.properties === undefined ? refuse(scope, type, '`&` joins object types only') : schema
    }),
  )
}

/** Whether a type includes `undefined`. */
export function mayBeNothing(type: TSType): boolean {
  return isNothing(type.type) || (type.type === 'TSUnionType' && type.types.some(mayBeNothing))
}

function keyName(key: Key): string | undefined {
  if (key.type === 'Identifier') return key.name
  return key.type === 'Literal' ? String(key.value) : undefined
}

/** Merges object types. If two have the same member, the later one wins. */
export function mergeObjects(schemas: JsonSchema[]): JsonSchema {
  const properties = Object.assign({}, ...schemas.map((schema) => schema.properties ?? {}))
  const required = schemas.flatMap((schema) => (schema.required ?? []) as string[])
  return { type: 'object', properties, required: [...new Set(required)] }
}
