import {
  type CallContext,
  DefinitionError,
  type Effect,
  InputError,
  type Tool,
  toolCardSchema,
} from '@bailiwick/contract'
import type { z } from 'zod'
import { describeIssues } from '../schemas/check-value.ts'
import { jsonSchemaOf } from '../schemas/output-schema.ts'

export interface ToolOptions<Input extends z.ZodType, Output> {
  /** A JavaScript identifier of at most 63 characters. Code calls the tool by this name. */
  name: string
  /** Tells the model what the tool does and returns. */
  description: string
  /** Schema of the one argument object. The model reads what `.describe()` says about its fields. */
  input: Input
  /** Schema of the result. Gives code a type, and is checked after each call. */
  output?: z.ZodType<Output>
  /** What a second call with the same key does. Default `once`: after a crash the call is not sent again. */
  effect?: Effect
  run(input: z.output<Input>, context: CallContext): Output | Promise<Output>
}

/**
 * Defines a tool: a card and its code.
 *
 * @throws DefinitionError for an invalid name, or a schema that JSON Schema cannot express
 * @example
 * const population = defineTool({
 *   name: 'population',
 *   description: 'Inhabitants of a country, in millions.',
 *   input: z.object({ country: z.string() }),
 *   effect: 'none',
 *   run: ({ country }) => (country === 'Norway' ? 5.6 : Number.NaN),
 * })
 */
export function defineTool<Input extends z.ZodType, Output>(options: ToolOptions<Input, Output>): Tool {
  const { name, description, input, output, effect = 'once', run } = options
  const card = toolCardSchema.safeParse({
    name,
    description,
    effect,
    input: jsonSchemaOf(input, 'input', `tool ${name}: input`),
    ...(output && { output: jsonSchemaOf(output, 'output', `tool ${name}: output`) }),
  })
  if (!card.success)
    throw new DefinitionError(`tool ${JSON.stringify(name)}: ${describeIssues(card.error.issues)}`)
  if (card.data.input.type !== 'object') {
    throw new DefinitionError(
      `tool ${name}: expected input to be z.object({…}), because a tool takes one argument object; found type ${JSON.stringify(card.data.input.type ?? 'any')}`,
    )
  }
  return Object.freeze({
    ...card.data,
    run: async (value: unknown, context: CallContext) => {
      const args = parse(input, value, `${name} was called with a wrong argument`) as z.output<Input>
      const result = await run(args, context)
      return output
        ? parse(output, result, `${name} returned a value that does not fit its output schema`)
        : result
    },
  })
}

function parse<T>(schema: z.ZodType<T>, value: unknown, problem: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InputError(`${problem}: ${describeIssues(parsed.error.issues)}`)
}
