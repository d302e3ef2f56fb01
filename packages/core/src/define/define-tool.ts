import {
  type CallContext,
  DefinitionError,
  type Effect,
  InputError,
  type JsonSchema,
  type Tool,
  toolCardSchema,
} from '@bailiwick/contract'
import { z } from 'zod'
import { describeIssues } from '../gate/describe-issues.ts'

export interface ToolOptions<Input extends z.ZodType, Output> {
  /** A JavaScript identifier of at most 63 characters: code calls the tool by it. */
  name: string
  /** What it does and gives, in words for the model. */
  description: string
  /** Schema of the one argument object. `.describe()` its fields: the model reads it. */
  input: Input
  /** Schema of the result: typed for code, checked after each call. */
  output?: z.ZodType<Output>
  /** What calling it twice does. Default `once`: a lost call is never sent again. */
  effect?: Effect
  run(input: z.output<Input>, context: CallContext): Output | Promise<Output>
}

/**
 * A tool: a card and its code.
 *
 * @throws DefinitionError for a bad name, or a schema that JSON Schema cannot express.
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
    throw new DefinitionError(`tool ${name}: input must be z.object({…}); a tool has one argument object`)
  }
  return Object.freeze({
    ...card.data,
    run: async (value: unknown, context: CallContext) => {
      const args = fit(input, value, `${name} was called with a wrong argument`) as z.output<Input>
      const result = await run(args, context)
      return output ? fit(output, result, `${name} returned something else than it declares`) : result
    },
  })
}

/** A zod schema as JSON Schema. @throws DefinitionError where JSON Schema cannot express it. */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output', where: string): JsonSchema {
  try {
    const { $schema, ...rest } = z.toJSONSchema(schema, { io })
    return rest
  } catch (error) {
    throw new DefinitionError(`${where} cannot be written as JSON Schema: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

function fit<T>(schema: z.ZodType<T>, value: unknown, wrong: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InputError(`${wrong}: ${describeIssues(parsed.error.issues)}`)
}
