import { z } from 'zod'
import type { JsonSchema } from '../contract/json.ts'
import { functionNameSchema } from '../contract/name.ts'
import type { CallContext, Effect, Tool } from '../contract/tool.ts'
import { DefinitionError } from '../errors/definition-error.ts'
import { issueLines } from '../gate/validate-input.ts'

/** Words that code cannot declare as a name. */
export const RESERVED_WORDS = new Set(
  'await break case catch class const continue debugger default delete do else enum export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield arguments eval console finalAnswer sleep setTimeout observations undefined globalThis'.split(
    ' ',
  ),
)

/**
 * A tool from a zod schema and a function.
 *
 * @throws DefinitionError when the name is no identifier or a reserved word, or a schema has no JSON form
 * @example
 * const population = defineTool({
 *   name: 'population',
 *   description: 'Inhabitants of a country, in millions.',
 *   input: z.object({ country: z.string() }),
 *   effect: 'none',
 *   run: async ({ country }) => table[country],
 * })
 */
export function defineTool<Input extends z.ZodType, Output extends z.ZodType = z.ZodUnknown>(tool: {
  name: string
  description: string
  input: Input
  output?: Output
  /** What calling it twice does; `once` unless said otherwise. */
  effect?: Effect
  run(input: z.output<Input>, context: CallContext): Promise<z.input<Output>> | z.input<Output>
}): Tool {
  checkToolName(tool.name)
  const output = tool.output === undefined ? undefined : jsonSchema(tool.name, 'output', tool.output)
  return Object.freeze({
    name: tool.name,
    description: tool.description,
    input: jsonSchema(tool.name, 'input', tool.input),
    effect: tool.effect ?? 'once',
    ...(output === undefined ? {} : { output }),
    async run(input: unknown, context: CallContext) {
      const parsed = tool.input.safeParse(input)
      if (!parsed.success) throw new DefinitionError(issueLines(parsed.error).join('; '))
      return tool.run(parsed.data, context)
    },
  })
}

/** @throws DefinitionError for a name that code cannot call */
export function checkToolName(name: string): void {
  const parsed = functionNameSchema.safeParse(name)
  if (!parsed.success) throw new DefinitionError(`tool "${name}": ${issueLines(parsed.error).join('; ')}`)
  if (RESERVED_WORDS.has(name)) {
    throw new DefinitionError(
      `tool "${name}": the name is taken by the language or the sandbox; choose another`,
    )
  }
}

function jsonSchema(name: string, which: 'input' | 'output', schema: z.ZodType): JsonSchema {
  try {
    return z.toJSONSchema(schema, { io: which === 'input' ? 'input' : 'output' }) as JsonSchema
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new DefinitionError(`tool "${name}": its ${which} schema has no JSON form (${why})`, { cause })
  }
}
