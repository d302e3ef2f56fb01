import { tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'

/**
 * What only a process of the same user on the same machine may ask of a daemon, over a private socket: it
 * makes credentials and starts programs, so it is no business of the bus.
 */
export const localRequestSchema = z.discriminatedUnion('op', [
  /** Mints credentials for a process of that role. */
  z.object({
    op: z.literal('credentials'),
    role: z.enum(['user', 'reader', 'agent', 'tool-host']),
    /** Of the agent or the host of tools. */
    name: tokenSchema.optional(),
    /** Tools that a host of tools offers. */
    tools: z.array(z.string()).default([]),
    /** Whether a reader sees journals and live texts too. */
    prompts: z.boolean().default(false),
    /** When the credentials end; absent: never. */
    expiresInSeconds: z.number().positive().optional(),
  }),
  /** Takes the agent of that file into the team, and starts a host for it. */
  z.object({ op: z.literal('host'), file: z.string() }),
])
export type LocalRequest = z.infer<typeof localRequestSchema>
export type LocalRequestInput = z.input<typeof localRequestSchema>

export const localReplySchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    /** Path of a credentials file; absent where the server asks for none. */
    credentials: z.string().optional(),
    /** The agent's name. */
    agent: z.string().optional(),
  }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }),
])
export type LocalReply = z.infer<typeof localReplySchema>
