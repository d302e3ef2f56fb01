import { approvalSchema, budgetSchema, type JsonSchema, levelSchema, tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'

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
