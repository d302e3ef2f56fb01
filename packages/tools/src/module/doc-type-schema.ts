import type { JsonSchema } from '@bailiwick/contract'
import { parseSync } from 'oxc-parser'
import type { DocComment, DocParam } from './doc-comment.ts'
import type { Source } from './source.ts'
import { refuse, type TypeScope } from './type-scope.ts'

/** The schema of a type in a doc comment, in TypeScript's or JSDoc's older notation. */
export function writtenTypeSchema(type: string, scope: TypeScope): JsonSchema {
  const modern = type
    .replace(/^\?(.*)$/, '($1) | null')
    .replace(/^\*$/, 'unknown')
    .replaceAll('.<', '<')
    .replaceAll(/\b[Oo]bject</g, 'Record<')
    .replaceAll(/\bObject\b/g, 'object')
  const text = `type T = ${modern}`
  const { program, comments, errors } = parseSync('doc.ts', text, { astType: 'ts' })
  const [statement] = program.body
  const outer = { start: scope.source.text.indexOf(type) }
  if (errors.length > 0 || program.body.length !== 1 || statement?.type !== 'TSTypeAliasDeclaration') {
    return refuse(scope, outer, `\`${type}\` is not a type`)
  }
  const inner: Source = { file: scope.source.file, text, program, comments }
  return scope.read(statement.typeAnnotation, { ...scope, source: inner })
}

/** The schema of a `@typedef`: its type, or the object that its `@property` tags describe. */
export function docTypeSchema(doc: DocComment, scope: TypeScope): JsonSchema {
  const type = doc.typedef?.type
  if (doc.properties.size === 0 && type !== undefined) return writtenTypeSchema(type, scope)
  return docMembersSchema(doc.properties, scope)
}

/** The schema of the object whose members these tags describe. */
export function docMembersSchema(members: Map<string, DocParam>, scope: TypeScope): JsonSchema {
  const properties: Record<string, JsonSchema> = {}
  for (const [name, { type, text }] of members) {
    const schema = type === undefined ? {} : writtenTypeSchema(type, scope)
    properties[name] = { ...schema, ...(text === '' ? {} : { description: text }) }
  }
  const required = [...members].filter(([, { optional }]) => !optional).map(([name]) => name)
  return { type: 'object', properties, required }
}
