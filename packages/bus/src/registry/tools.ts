import { type ToolCard, tokenSchema, toolCard, toolCardSchema } from '@bailiwick/contract'
import { headers } from '@nats-io/transport-node'
import { z } from 'zod'
import type { Bus } from '../connect/bus.ts'
import { BUCKETS } from '../protocol/places.ts'
import { publishDurably } from '../publish/publish-durably.ts'
import { type Entry, watchBucket } from './watch-bucket.ts'

const registeredToolSchema = z.lazy(() =>
  z.object({
    card: toolCardSchema,
    /** Who hosts it. */
    host: tokenSchema,
    /** Unix milliseconds of the registration. */
    at: z.number(),
  }),
)

/** A tool that some process hosts. */
export interface RegisteredTool {
  card: ToolCard
  host: string
  at: number
}

export interface RegisterOptions {
  /** Who hosts it. */
  host: string
  /** It is served by `serveTool`, which says that it is at work: its callers notice soon that it has died. */
  signs?: boolean
}

/** Makes a tool known to the coordinator, which grants it. Registering again replaces the card. */
export async function registerTool(
  bus: Bus,
  card: ToolCard,
  { host, signs = false }: RegisterOptions,
): Promise<void> {
  const { signs: _, ...own } = toolCard(card)
  const entry: RegisteredTool = { card: signs ? { ...own, signs } : own, host, at: Date.now() }
  await publishDurably(bus, toolKey(card.name), JSON.stringify(entry))
}

/** Takes a tool out of the registry. */
export async function unregisterTool(bus: Bus, name: string): Promise<void> {
  const gone = headers()
  gone.set('KV-Operation', 'DEL')
  await publishDurably(bus, toolKey(name), '', { headers: gone })
}

/**
 * All registered tools, after every change, until aborted. With `mend`, which is the coordinator's to say, a
 * registration in whose place there is something else now is put back.
 */
export async function* watchTools(
  bus: Bus,
  { signal, mend = false }: { signal?: AbortSignal; mend?: boolean } = {},
): AsyncGenerator<RegisteredTool[]> {
  const putBack = ({ key, value }: Entry<RegisteredTool>) => {
    // Not durably: while the server is away nothing is overwritten, and the next time comes by itself.
    bus.connection.publish(`$KV.${BUCKETS.tools}.${key}`, JSON.stringify(value))
  }
  const options = {
    ...(signal !== undefined && { signal }),
    ...(mend && { onOverwritten: putBack }),
  }
  for await (const entries of watchBucket(bus, BUCKETS.tools, parseTool, options)) {
    yield entries.filter(({ key, value }) => key === value.card.name).map(({ value }) => value)
  }
}

/** All tools that are registered now. */
export async function listTools(bus: Bus, signal?: AbortSignal): Promise<RegisteredTool[]> {
  for await (const tools of watchTools(bus, signal === undefined ? {} : { signal })) return tools
  signal?.throwIfAborted()
  return []
}

function toolKey(name: string): string {
  return `$KV.${BUCKETS.tools}.${name}`
}

function parseTool(value: unknown): RegisteredTool | undefined {
  const parsed = registeredToolSchema.safeParse(value)
  return parsed.success ? { ...parsed.data, card: toolCard(parsed.data.card as ToolCard) } : undefined
}
