import { registerTool, serveTool, unregisterTool } from '@bailiwick/bus'
import { z } from 'zod'
import type { Client } from './connect.ts'

type BusTool = Parameters<typeof serveTool>[1]

/** Who calls, for which task, and how to stop. */
export type ToolContext = Parameters<BusTool['run']>[1]

/** A tool that this process offers to the agents. */
export interface OfferedTool<Input extends z.ZodType> {
  /** A JavaScript identifier of at most 63 characters. */
  name: string
  /** For the model. */
  description: string
  input: Input
  output?: z.ZodType
  /** What calling it twice with the same `context.key` does. Default `once`: it is never sent again. */
  effect?: 'none' | 'idempotent' | 'once'
  run(input: z.output<Input>, context: ToolContext): unknown | Promise<unknown>
}

/**
 * Offers a tool until disposed; calls under way are finished first. Agents may use it once it is granted
 * to them. Needs credentials of the role `tool-host`.
 *
 * While `run` works this process says so every two seconds, and one that says nothing for 7 s is taken for dead: work
 * that blocks the event loop for longer belongs into a worker thread or a process of its own.
 *
 * @example
 * await using _ = await offerTool(client, {
 *   name: 'population',
 *   description: 'Inhabitants of a country, in millions.',
 *   input: z.object({ country: z.string() }),
 *   effect: 'none',
 *   run: ({ country }) => TABLE[country],
 * })
 */
export async function offerTool<Input extends z.ZodType>(
  client: Client,
  offered: OfferedTool<Input>,
  { host = client.user ?? 'client' }: { host?: string } = {},
): Promise<AsyncDisposable> {
  const { name, description, effect = 'once', output } = offered
  const tool: BusTool = {
    name,
    description,
    effect,
    input: z.toJSONSchema(offered.input, { io: 'input' }),
    ...(output !== undefined && { output: z.toJSONSchema(output) }),
    async run(input, context) {
      const parsed = offered.input.safeParse(input)
      if (!parsed.success) throw new TypeError(`${name}: ${z.prettifyError(parsed.error)}`)
      return offered.run(parsed.data, context)
    },
  }
  await using resources = new AsyncDisposableStack()
  resources.use(await serveTool(client, tool, { writer: host }))
  await registerTool(client, tool, { host, signs: true })
  resources.defer(() => unregisterTool(client, name))
  return resources.move()
}
