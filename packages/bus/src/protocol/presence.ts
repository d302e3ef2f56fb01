import { approvalSchema, budgetSchema, type JsonSchema, levelSchema, tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'

/**
 * Version of what hosts and coordinators say to each other on the bus. Raise it if a later coordinator may have to tell
 * these hosts from those before. Hosts that announce no version have version 1.
 */
export const PROTOCOL_VERSION = 2
/**
 * The oldest hosts that a coordinator works with. The daemon of an older host has it end in order, and starts it again.
 * Keep it at least one behind {@link PROTOCOL_VERSION}, so that hosts and daemons can be updated one after the other.
 */
export const OLDEST_HOST_PROTOCOL = 1

/** An agent's announcement of itself. */
export const agentCardSchema = z.lazy(() =>
  z.object({
    name: tokenSchema,
    description: z.string(),
    level: levelSchema,
    tools: z.array(z.string()),
    delegates: z.array(z.string()),
    imports: z.array(z.string()),
    model: z.string().exactOptional(),
    output: z.custom<JsonSchema>().exactOptional(),
    budget: budgetSchema.exactOptional(),
    approval: approvalSchema.exactOptional(),
  }),
)

/** A host's heartbeat. */
export const presenceSchema = z.lazy(() =>
  z.object({
    card: agentCardSchema,
    /** The process's name on the bus, unique. */
    host: z.string(),
    pid: z.number().int(),
    /** The {@link PROTOCOL_VERSION} of the host. */
    protocol: z.number().int().nonnegative().default(1),
    /** Tasks that it takes at the same time, and how many it has. */
    slots: z.number().int().nonnegative(),
    busy: z.number().int().nonnegative(),
    /** Unix milliseconds, by the host's clock. */
    startedAt: z.number(),
    at: z.number(),
    /** The server's number for the host's connection. Its system events use this number. */
    client: z.number().int().exactOptional(),
    /** By task: the subject to settle its delivery on. */
    held: z.record(z.string(), z.string()).default({}),
  }),
)

/** A host of an agent, as of its last heartbeat. */
export type AgentPresence = z.infer<typeof presenceSchema>

/** A coordinator's heartbeat. */
export const coordinatorPresenceSchema = z.lazy(() =>
  z.object({
    v: z.literal(1),
    coordinator: tokenSchema,
    pid: z.number().int(),
    /** Name of its machine. */
    host: z.string(),
    version: z.string(),
    /** Unix milliseconds, by the coordinator's clock. */
    startedAt: z.number(),
    at: z.number(),
  }),
)

/** A coordinator, as of its last heartbeat. */
export type CoordinatorPresence = z.infer<typeof coordinatorPresenceSchema>
