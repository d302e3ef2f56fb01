import type { DelegateCard } from '../contract/grant.ts'
import type { JsonSchema } from '../contract/json.ts'
import type { ToolCard } from '../contract/tool.ts'
import { functionName } from '../define/check-definition.ts'

/** A JSON Schema as a TypeScript type, on one line. What has no counterpart is `unknown`. */
export function typeOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'unknown'
  const {
    type,
    enum: values,
    const: constant,
    anyOf,
    oneOf,
    items,
    properties,
    required,
    additionalProperties,
  } = schema as JsonSchema
  if (constant !== undefined) return JSON.stringify(constant)
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ')
  const options = anyOf ?? oneOf
  if (Array.isArray(options)) return options.map(typeOf).join(' | ')
  if (Array.isArray(type)) return type.map((one) => typeOf({ ...schema, type: one })).join(' | ')
  if (type === 'array') {
    const item = typeOf(items)
    return /[|{ ]/.test(item) && !item.startsWith('{') ? `(${item})[]` : `${item}[]`
  }
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'string' || type === 'boolean' || type === 'null') return type
  if (typeof properties !== 'object' || properties === null) {
    if (type !== 'object') return 'unknown'
    return `Record<string, ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'}>`
  }
  const needed = Array.isArray(required) ? required : []
  const fields = Object.entries(properties).map(
    ([name, field]) => `${name}${needed.includes(name) ? '' : '?'}: ${typeOf(field)}`,
  )
  return `{ ${fields.join('; ')} }`
}

/** Tools as TypeScript declarations with doc comments, effects and result types. */
export function declareTools(tools: readonly ToolCard[]): string {
  return tools
    .map(({ name, description, input, output, effect }) => {
      const notes = [
        ...description.trim().split('\n'),
        ...fieldNotes(input),
        ...(effect === 'once' ? ['Takes effect each time it is called.'] : []),
      ]
      return `${comment(notes)}\ndeclare function ${name}(input: ${typeOf(input)}): Promise<${typeOf(output)}>`
    })
    .join('\n\n')
}

/** Delegates likewise, with what they are good for and their level. */
export function declareDelegates(delegates: readonly DelegateCard[]): string {
  return delegates
    .map(({ name, description, level, output }) => {
      const result = `{ status: 'completed' | 'failed' | 'exhausted' | 'canceled' | 'rejected'; output?: ${typeOf(output)}; error?: { code: string; message: string } }`
      return `${comment([description, `An agent of level ${level}.`])}\ndeclare function ${functionName(name)}(input: { task: string; inputs?: Record<string, unknown> }): Promise<${result}>`
    })
    .join('\n\n')
}

function fieldNotes(input: JsonSchema): string[] {
  return Object.entries((input.properties ?? {}) as Record<string, JsonSchema>).flatMap(
    ([name, { description }]) =>
      typeof description === 'string' ? [`@param input.${name} ${description}`] : [],
  )
}

function comment(lines: string[]): string {
  const [first = ''] = lines
  return lines.length === 1 ? `/** ${first} */` : `/**\n${lines.map((line) => ` * ${line}`).join('\n')}\n */`
}
