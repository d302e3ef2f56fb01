import { tokenSchema } from '@bailiwick/contract'
import { z } from 'zod'
import { statusSchema } from '../daemon-status.ts'

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
    /** Tools that a tool host offers, or an agent's host. The tools of an agent's definition need not be named. */
    tools: z.array(z.string()).default([]),
    /** Whether a reader may also read journals and live text. */
    prompts: z.boolean().default(false),
    /** When the credentials expire. Default: never. */
    expiresInSeconds: z.number().positive().optional(),
  }),
  /** Adds the agent of a file to the team, and starts a host for it. */
  z.object({ op: z.literal('host'), file: z.string() }),
  /** Writes a backup of everything that is stored. */
  z.object({ op: z.literal('backup'), file: z.string() }),
  /** The daemon's state, also while NATS is away. */
  z.object({ op: z.literal('status') }),
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
    status: statusSchema.optional(),
    /** Bytes of each stream in the backup. */
    backup: z.array(z.object({ name: z.string(), bytes: z.number() })).optional(),
  }),
  /** What the daemon does meanwhile. The reply follows. */
  z.object({ ok: z.literal('pending'), note: z.string() }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }),
])
export type LocalReply = z.infer<typeof localReplySchema>
/** The fields of a reply to a request that succeeded. */
export type LocalResult = Omit<Extract<LocalReply, { ok: true }>, 'ok'>
