import { tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'

/**
 * A request to a daemon over its private socket, which only processes of the same user on the same machine can open.
 * These requests mint credentials and start programs, so they do not go over the bus.
 */
export const localRequestSchema = z.discriminatedUnion('op', [
  /** Mints credentials for a process with this role. */
  z.object({
    op: z.literal('credentials'),
    role: z.enum(['user', 'reader', 'agent', 'tool-host']),
    /** Name of the agent, tool host, user or reader. */
    name: tokenSchema.optional(),
    /** Tools that a tool host offers. */
    tools: z.array(z.string()).default([]),
    /** Whether a reader may also read journals and live text. */
    prompts: z.boolean().default(false),
    /** When the credentials expire. Default: never. */
    expiresInSeconds: z.number().positive().optional(),
  }),
  /** Adds the agent of a file to the team, and starts a host for it. */
  z.object({ op: z.literal('host'), file: z.string() }),
])
export type LocalRequest = z.infer<typeof localRequestSchema>
export type LocalRequestInput = z.input<typeof localRequestSchema>

/** A daemon's reply to a {@link LocalRequest}. */
export const localReplySchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** Path of a credentials file; absent if the server requires none. */
    credentials: z.string().optional(),
    /** Name of the agent that was added. */
    agent: z.string().optional(),
  }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }),
])
export type LocalReply = z.infer<typeof localReplySchema>
/** The fields of a reply to a request that succeeded. */
export type LocalResult = Omit<Extract<LocalReply, { ok: true }>, 'ok'>
