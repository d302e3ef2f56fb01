import type { JsonSchema } from '@bailiwick/contract'
import type { PropertyKey as Key, TSSignature, TSType } from 'oxc-parser'
import { parseDoc } from './doc-comment.ts'
import { docBefore } from './source.ts'
import { refuse, type TypeScope } from './type-scope.ts'
import { isNothing } from './union-schema.ts'

/** The members of an object type, with their doc comments as descriptions. */
export function membersSchema(members: TSSignature[], scope: TypeScope): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  const required: string[] = []
  let rest: JsonSchema | undefined
  for (const member of members) {
    if (member.type === 'TSIndexSignature') {
      rest = scope.read(member.typeAnnotation.typeAnnotation, scope)
      continue
    }
    if (member.type !== 'TSPropertySignature') return refuse(scope, member, 'functions cannot be sent')
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

/** `Record<key, value>`: any keys, or exactly those that are named. */
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

/** `A & B` of object types. */
export function intersectionSchema(types: TSType[], scope: TypeScope): JsonSchema {
  return mergeObjects(
    types.map((type) => {
      const schema = scope.read(type, scope)
      return schema.properties === undefined ? refuse(scope, type, '`&` joins object types only') : schema
    }),
  )
}

/** Whether `undefined` is among what a type allows. */
export function mayBeNothing(type: TSType): boolean {
  return isNothing(type.type) || (type.type === 'TSUnionType' && type.types.some(mayBeNothing))
}

function keyName(key: Key): string | undefined {
  if (key.type === 'Identifier') return key.name
  return key.type === 'Literal' ? String(key.value) : undefined
}

/** One object type out of several; the last one's members win. */
export function mergeObjects(schemas: JsonSchema[]): JsonSchema {
  const properties = Object.assign({}, ...schemas.map((schema) => schema.properties ?? {}))
  const required = schemas.flatMap((schema) => (schema.required ?? []) as string[])
  return { type: 'object', properties, required: [...new Set(required)] }
}
