import { type JsonSchema, parseJson } from '@bailiwick/contract'
import type { ParamPattern, TSType } from 'oxc-parser'
import { docMembersSchema, writtenTypeSchema } from './doc-type-schema.ts'
import type { FoundFunction } from './find-functions.ts'
import { mayBeNothing } from './object-schema.ts'
import { refuse, type TypeScope } from './type-scope.ts'

/** How to call a function with the one argument object of a tool. */
export interface Signature {
  input: JsonSchema
  output?: JsonSchema
  /** Turns the object into the function's arguments, in order. */
  spread(input: Record<string, unknown>, context: unknown): unknown[]
}

interface Parameter {
  /** Undefined if the parameter is destructured. */
  name: string | undefined
  schema: JsonSchema
  required: boolean
}

/** Reads a function's parameters and result. @throws DefinitionError for parameters that a tool cannot have */
export function readSignature({ name, node, doc }: FoundFunction, scope: TypeScope): Signature {
  if (node.typeParameters) refuse(scope, node.typeParameters, `${name} has type parameters`)
  const wantsContext = isContext(node.params.at(-1), scope)
  const written = wantsContext ? node.params.slice(0, -1) : node.params
  const parameters = written.map((parameter) => readParameter(parameter, { name, doc }, scope))
  const output = readResult({ name, node, doc }, scope)
  const end = (context: unknown) => (wantsContext ? [context] : [])
  const [only] = parameters
  if (parameters.length === 1 && only !== undefined && only.schema.properties !== undefined) {
    return {
      input: { ...only.schema, additionalProperties: only.schema.additionalProperties ?? false },
      ...output,
      spread: (input, context) => [input, ...end(context)],
    }
  }
  const names = parameters.map((parameter, index) => {
    const at = written[index] ?? node
    return parameter.name ?? refuse(scope, at, `parameter ${index + 1} of ${name} needs a name`)
  })
  return {
    input: {
      type: 'object',
      properties: Object.fromEntries(parameters.map(({ schema }, index) => [names[index], schema])),
      required: names.filter((_, index) => parameters[index]?.required),
      additionalProperties: false,
    },
    ...output,
    spread: (input, context) => {
      const values = names.map((key) => input[key])
      return [...values, ...end(context)]
    },
  }
}

function readParameter(
  node: ParamPattern,
  { name: tool, doc }: Pick<FoundFunction, 'name' | 'doc'>,
  scope: TypeScope,
): Parameter {
  if (node.type === 'RestElement' || node.type === 'TSParameterProperty') {
    return refuse(scope, node, `${tool} takes any number of arguments: use a list instead`)
  }
  const [target, initial] = node.type === 'AssignmentPattern' ? [node.left, node.right] : [node, undefined]
  const name = target.type === 'Identifier' ? target.name : undefined
  const note = name === undefined ? undefined : doc.params.get(name)
  const inner = { ...scope, what: `parameter ${name ?? 'object'} of ${tool}` }
  const members = membersOf(doc.params, name)
  const type = target.typeAnnotation?.typeAnnotation
  const value =
    initial === undefined ? undefined : literalValue(scope.source.text.slice(initial.start, initial.end))
  const schema = schemaOf()
  const described = describeMembers(schema, members)
  return {
    name,
    schema: {
      ...described,
      ...(note?.text && { description: note.text }),
      ...(value === undefined || typeof value === 'object' ? {} : { default: value }),
    },
    required:
      initial === undefined &&
      !(target.type === 'Identifier' && target.optional) &&
      !(note?.optional ?? false) &&
      !(type !== undefined && mayBeNothing(type)),
  }

  function schemaOf(): JsonSchema {
    if (type !== undefined) return scope.read(type, inner)
    if (members.size > 0) return docMembersSchema(members, inner)
    if (note?.type !== undefined) return writtenTypeSchema(note.type, inner)
    if (['string', 'number', 'boolean'].includes(typeof value)) return { type: typeof value }
    return refuse(inner, node, `it has no type: add one, or {type} after @param`)
  }
}

function readResult({ name, node, doc }: FoundFunction, scope: TypeScope): { output?: JsonSchema } {
  const inner = { ...scope, what: `the result of ${name}` }
  const written = node.returnType?.typeAnnotation
  const type = written === undefined ? undefined : awaited(written, scope)
  const note = doc.returns?.type?.replace(/^Promise\.?<(.*)>$/, '$1')
  if (type === undefined && (note === undefined || note === 'void')) return {}
  if (type !== undefined && /^TS(Void|Undefined|Any|Unknown)Keyword$/.test(type.type)) return {}
  const schema = type === undefined ? writtenTypeSchema(note ?? 'unknown', inner) : scope.read(type, inner)
  return { output: { ...schema, ...(doc.returns?.text && { description: doc.returns.text }) } }
}

function awaited(type: TSType, scope: TypeScope): TSType {
  if (type.type !== 'TSTypeReference') return type
  const { typeName, typeArguments } = type
  const isPromise = scope.source.text.slice(typeName.start, typeName.end) === 'Promise'
  return (isPromise ? typeArguments?.params[0] : undefined) ?? type
}

/** Whether a last parameter receives the call's context. It is not part of the input. */
function isContext(node: ParamPattern | undefined, scope: TypeScope): boolean {
  if (node?.type !== 'Identifier') return false
  const type = node.typeAnnotation?.typeAnnotation
  return type !== undefined && scope.source.text.slice(type.start, type.end) === 'CallContext'
}

/** The tags like `@param options.limit`, by member. A destructured parameter has no name to compare. */
function membersOf(params: FoundFunction['doc']['params'], parent: string | undefined) {
  const members = [...params].flatMap(([path, note]) => {
    const [root, member, ...deeper] = path.split('.')
    const fits = member !== undefined && deeper.length === 0 && (parent === undefined || root === parent)
    return fits ? [[member, note] as const] : []
  })
  return new Map(members)
}

function describeMembers(schema: JsonSchema, members: ReturnType<typeof membersOf>): JsonSchema {
  const properties = schema.properties as Record<string, JsonSchema> | undefined
  if (properties === undefined || members.size === 0) return schema
  const described = Object.entries(properties).map(([name, property]) => {
    const text = members.get(name)?.text
    return [name, text ? { ...property, description: text } : property]
  })
  return { ...schema, properties: Object.fromEntries(described) }
}

/** The value of a default's source text; undefined if it is not JSON. */
function literalValue(text: string): unknown {
  const json = /^'[^'"\\]*'$/.test(text) ? `"${text.slice(1, -1)}"` : text
  return parseJson(json)
}
