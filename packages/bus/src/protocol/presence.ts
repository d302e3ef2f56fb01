import { approvalSchema, budgetSchema, type JsonSchema, levelSchema, tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'

/** An agent as it announces itself. */
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

/** What a host's heartbeat says. */
export const presenceSchema = z.lazy(() =>
  z.object({
    card: agentCardSchema,
    /** Unique for each process. */
    host: z.string(),
    pid: z.number().int(),
    /** Tasks that it takes at a time, and how many it works on. */
    slots: z.number().int().nonnegative(),
    busy: z.number().int().nonnegative(),
    /** Unix milliseconds, by the host's clock. */
    startedAt: z.number(),
    at: z.number(),
    /** The server's number for the host's connection: what its system events name. */
    client: z.number().int().exactOptional(),
    /** By task: the subject on which its delivery is settled. */
    held: z.record(z.string(), z.string()).default({}),
  }),
)

/** A host of an agent, as of its last heartbeat. */
export type AgentPresence = z.infer<typeof presenceSchema>
