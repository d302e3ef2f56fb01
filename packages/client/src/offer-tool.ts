import { registerTool, serveTool, unregisterTool } from '@bailiwick/bus'
import { InputError } from '@bailiwick/contract'
import { z } from 'zod'
import type { Client } from './connect.ts'

type BusTool = Parameters<typeof serveTool>[1]

/** The circumstances of a call: its caller, run and task, a `key` that stays the same if it is sent again, a signal. */
export type ToolContext = Parameters<BusTool['run']>[1]

/** A tool that this process offers to the agents. */
export interface OfferedTool<Input extends z.ZodType> {
  /** A JavaScript identifier of at most 63 characters. */
  name: string
  /** Tells the model what the tool does. */
  description: string
  input: Input
  output?: z.ZodType
  /** What happens if a call is sent twice with the same `context.key`. Default `once`: it is never sent twice. */
  effect?: 'none' | 'idempotent' | 'once'
  run(input: z.output<Input>, context: ToolContext): unknown | Promise<unknown>
}

/**
 * Offers a tool until the result is disposed of, which waits for running calls. An agent may call the tool after the
 * operator has granted it. Needs credentials of the role `tool-host`.
 *
 * While `run` works, this process sends a sign of life every two seconds. After 7 s without one it counts as dead, so
 * put work that blocks the event loop for longer into a worker thread or another process.
 *
 * @param options `host` is the tool host's name; default: the user of the credentials
 * @throws BusError if the tool cannot be registered.
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
      if (!parsed.success) throw new InputError(`${name}: ${z.prettifyError(parsed.error)}`)
      return offered.run(parsed.data, context)
    },
  }
  await using resources = new AsyncDisposableStack()
  resources.use(await serveTool(client, tool, { host }))
  await registerTool(client, tool, { host, signs: true })
  resources.defer(() => unregisterTool(client, name))
  return resources.move()
}
