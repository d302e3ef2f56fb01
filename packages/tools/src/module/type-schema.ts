import type { JsonSchema } from '@bailiwick/contract'
import type { TSType, TSTypeReference } from 'oxc-parser'
import type { DeclaredType } from './declared-types.ts'
import { docTypeSchema } from './doc-type-schema.ts'
import { indexSchema, intersectionSchema, membersSchema, mergeObjects } from './object-schema.ts'
import type { Placed } from './source.ts'
import { refuse, type TypeScope } from './type-scope.ts'
import { unionSchema } from './union-schema.ts'

/** The JSON Schema of a type. @throws DefinitionError for a type that JSON Schema cannot express or JSON cannot carry */
export function typeSchema(node: TSType, scope: TypeScope): JsonSchema {
  switch (node.type) {
    case 'TSStringKeyword':
    case 'TSTemplateLiteralType':
      return { type: 'string' }
    case 'TSNumberKeyword':
      return { type: 'number' }
    case 'TSBooleanKeyword':
      return { type: 'boolean' }
    case 'TSNullKeyword':
      return { type: 'null' }
    case 'TSObjectKeyword':
      return { type: 'object' }
    case 'TSAnyKeyword':
    case 'TSUnknownKeyword':
      return {}
    case 'TSLiteralType':
      return { const: literalOf(node.literal, scope, node) }
    case 'TSArrayType':
      return { type: 'array', items: typeSchema(node.elementType, scope) }
    case 'TSTypeOperator':
      if (node.operator === 'readonly') return typeSchema(node.typeAnnotation, scope)
      break
    case 'TSParenthesizedType':
      return typeSchema(node.typeAnnotation, scope)
    case 'TSUnionType':
      return unionSchema(node.types, scope)
    case 'TSIntersectionType':
      return intersectionSchema(node.types, scope)
    case 'TSTypeLiteral':
      return membersSchema(node.members, scope)
    case 'TSTypeReference':
      return referenceSchema(node, scope)
  }
  const written = scope.source.text.slice(node.start, node.end)
  return refuse(scope, node, `\`${written.slice(0, 80)}\` has no JSON Schema`)
}

function literalOf(literal: { type: string }, scope: TypeScope, at: Placed): string | number | boolean {
  if ('value' in literal && ['string', 'number', 'boolean'].includes(typeof literal.value)) {
    return literal.value as string | number | boolean
  }
  const [sign, digits] = [scope.source.text[at.start], scope.source.text.slice(at.start + 1)]
  if (literal.type === 'UnaryExpression' && sign === '-') return -Number.parseFloat(digits)
  return refuse(scope, at, 'this literal has no JSON form')
}

const ADVICE: Record<string, string> = {
  Date: 'JSON has no dates: use a string such as "2012-01-31"',
  Map: 'JSON has no maps: use a Record',
  Set: 'JSON has no sets: use a list',
  Buffer: 'JSON has no bytes: use a string in base64',
  Uint8Array: 'JSON has no bytes: use a string in base64',
  Promise: 'only the result can be a promise',
}

function referenceSchema(node: TSTypeReference, scope: TypeScope): JsonSchema {
  const name = scope.source.text.slice(node.typeName.start, node.typeName.end)
  const [first, second] = node.typeArguments?.params ?? []
  switch (name) {
    case 'Array':
    case 'ReadonlyArray':
      return { type: 'array', items: first === undefined ? {} : typeSchema(first, scope) }
    case 'Record':
      return first === undefined || second === undefined
        ? { type: 'object' }
        : indexSchema(first, second, scope)
    case 'Readonly':
      if (first !== undefined) return typeSchema(first, scope)
      break
    case 'Partial':
      if (first !== undefined) return { ...typeSchema(first, scope), required: [] }
      break
  }
  const declared = scope.types.get(name)
  if (declared === undefined) {
    return refuse(scope, node, ADVICE[name] ?? `the type ${name} is not declared in this file`)
  }
  if (scope.within.includes(name)) return refuse(scope, node, `the type ${name} contains itself`)
  return declaredSchema(declared, { ...scope, within: [...scope.within, name] })
}

/** The schema of a type that the file declares. */
export function declaredSchema(declared: DeclaredType, scope: TypeScope): JsonSchema {
  if (!('type' in declared)) return docTypeSchema(declared, scope)
  if ((declared.typeParameters?.params.length ?? 0) > 0) {
    return refuse(scope, declared, `the type ${declared.id.name} has parameters`)
  }
  if (declared.type === 'TSTypeAliasDeclaration') return typeSchema(declared.typeAnnotation, scope)
  const own = membersSchema(declared.body.body, scope)
  const bases = declared.extends.map(({ expression }) => {
    const name = scope.source.text.slice(expression.start, expression.end)
    const base = scope.types.get(name)
    if (base === undefined) return refuse(scope, expression, `the type ${name} is not declared in this file`)
    if (scope.within.includes(name)) return refuse(scope, expression, `the type ${name} contains itself`)
    return declaredSchema(base, { ...scope, within: [...scope.within, name] })
  })
  return bases.length === 0 ? own : mergeObjects([...bases, own])
}
