import { type ToolCard, tokenSchema, toolCard, toolCardSchema } from '@bailiwick/contract'
import { headers } from '@nats-io/transport-node'
import { z } from 'zod'
import { type Entry, watchBucket } from '../bucket/watch-bucket.ts'
import type { Bus } from '../connect/bus.ts'
import { BUCKETS } from '../protocol/places.ts'
import { publishDurably } from '../publish/publish-durably.ts'

const registeredToolSchema = z.lazy(() =>
  z.object({
    card: toolCardSchema,
    /** The process that hosts it. */
    host: tokenSchema,
    /** When it was registered, Unix milliseconds. */
    at: z.number(),
  }),
)

/** A tool that a process hosts. */
export interface RegisteredTool {
  card: ToolCard
  host: string
  at: number
}

/** Options of {@link registerTool}. */
export interface RegisterOptions {
  /** The process that hosts it. */
  host: string
  /** True if `serveTool` serves it. It sends signs of work, so that callers notice early if it dies. */
  signs?: boolean
}

/** Registers a tool with the coordinator, which grants it to agents. Registering again replaces the card. */
export async function registerTool(
  bus: Bus,
  card: ToolCard,
  { host, signs = false }: RegisterOptions,
): Promise<void> {
  const { signs: _, ...own } = toolCard(card)
  const entry: RegisteredTool = { card: signs ? { ...own, signs } : own, host, at: Date.now() }
  await publishDurably(bus, toolKey(card.name), JSON.stringify(entry))
}

/** Removes a tool from the registry. */
export async function unregisterTool(bus: Bus, name: string): Promise<void> {
  const gone = headers()
  gone.set('KV-Operation', 'DEL')
  await publishDurably(bus, toolKey(name), '', { headers: gone })
}

/**
 * All registered tools, after every change, until aborted. With `repair`, restores a registration that an unreadable
 * message has replaced; only the coordinator may do that.
 */
export async function* watchTools(
  bus: Bus,
  { signal, repair = false }: { signal?: AbortSignal; repair?: boolean } = {},
): AsyncGenerator<RegisteredTool[]> {
  const restore = ({ key, value }: Entry<RegisteredTool>) => {
    // Without an acknowledgement: nothing is overwritten while the server is away, and a loss is noticed again.
    bus.connection.publish(`$KV.${BUCKETS.tools}.${key}`, JSON.stringify(value))
  }
  const options = {
    ...(signal !== undefined && { signal }),
    ...(repair && { onOverwritten: restore }),
  }
  for await (const entries of watchBucket(bus, BUCKETS.tools, parseTool, options)) {
    yield entries.filter(({ key, value }) => key === value.card.name).map(({ value }) => value)
  }
}

/** The tools that are registered now. */
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
