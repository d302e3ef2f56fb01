import type { JsonSchema } from '@bailiwick/contract'

/** Prints deeper types as `any`, because a schema may refer to itself. */
const MAX_DEPTH = 6

/** Prints a JSON Schema as a TypeScript type, with descriptions and bounds as comments. */
export function printType(schema: JsonSchema): string {
  return print(schema, schema, MAX_DEPTH)
}

function print(schema: unknown, root: JsonSchema, depth: number): string {
  if (typeof schema !== 'object' || schema === null || depth === 0) return 'any'
  const {
    $ref,
    const: constant,
    enum: options,
    anyOf,
    oneOf,
    allOf,
    type,
  } = schema as Record<string, unknown>
  if (typeof $ref === 'string') return print(resolve($ref, root), root, depth - 1)
  if (constant !== undefined) return JSON.stringify(constant)
  if (Array.isArray(options)) return join(options.map((option) => JSON.stringify(option)))
  const either = anyOf ?? oneOf
  if (Array.isArray(either)) return join(either.map((part) => print(part, root, depth - 1)))
  if (Array.isArray(allOf)) return allOf.map((part) => print(part, root, depth - 1)).join(' & ')
  if (Array.isArray(type)) return join(type.map((one) => print({ ...schema, type: one }, root, depth)))
  return printNamed(schema as JsonSchema, root, depth)
}

function printNamed(schema: JsonSchema, root: JsonSchema, depth: number): string {
  const { type, items, prefixItems, properties, additionalProperties } = schema
  if (type === 'string' || type === 'boolean' || type === 'null') return type
  if (type === 'number' || type === 'integer') return 'number'
  if (Array.isArray(prefixItems))
    return `[${prefixItems.map((item) => print(item, root, depth - 1)).join(', ')}]`
  if (type === 'array') {
    const item = print(items, root, depth - 1)
    return /[|&]/.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`
  }
  if (type !== 'object' && properties === undefined) return 'any'
  if (Object.keys(properties ?? {}).length > 0) return printObject(schema, root, depth)
  return additionalProperties ? `Record<string, ${print(additionalProperties, root, depth - 1)}>` : 'object'
}

function printObject({ properties, required }: JsonSchema, root: JsonSchema, depth: number): string {
  const needed = new Set(Array.isArray(required) ? required : [])
  const fields = Object.entries(properties as Record<string, JsonSchema>).map(([name, field]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
    const note = noteOf(field)
    return `${note ? `/** ${note} */ ` : ''}${key}${needed.has(name) ? '' : '?'}: ${print(field, root, depth - 1)}`
  })
  return `{ ${fields.join('; ')} }`
}

/** Prints what a type cannot express: description, format, default and bounds. */
function noteOf(field: JsonSchema): string {
  const { description, format, default: preset, minimum, maximum, type } = field
  const low = typeof minimum === 'number' && minimum > Number.MIN_SAFE_INTEGER ? `from ${minimum}` : ''
  const high = typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? `to ${maximum}` : ''
  return [
    typeof description === 'string' ? description.replaceAll('*/', '* /').replaceAll('\n', ' ') : '',
    type === 'integer' ? 'whole number' : '',
    typeof format === 'string' ? format : '',
    [low, high].filter(Boolean).join(' '),
    preset === undefined ? '' : `default ${JSON.stringify(preset)}`,
  ]
    .filter(Boolean)
    .join('; ')
}

function resolve($ref: string, root: JsonSchema): unknown {
  let found: unknown = root
  for (const key of $ref.replace(/^#\/?/, '').split('/').filter(Boolean)) {
    found = (found as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return found
}

function join(types: string[]): string {
  return [...new Set(types)].join(' | ')
}
