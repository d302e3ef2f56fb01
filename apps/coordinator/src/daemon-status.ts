import { z } from 'zod'

const lastDeathSchema = z.object({ reason: z.string(), lines: z.array(z.string()) })

/** A daemon's state: the reply to the `status` request. */
export const statusSchema = z.object({
  pid: z.number(),
  version: z.string(),
  ephemeral: z.boolean(),
  dataDir: z.string(),
  url: z.string(),
  /** Absent for an existing server. */
  natsServer: z
    .object({
      pid: z.number(),
      version: z.string(),
      state: z.enum(['running', 'waiting', 'failed']).default('running'),
      quickDeaths: z.number().default(0),
      nextTryAt: z.number().optional(),
      lastDeath: lastDeathSchema.optional(),
    })
    .optional(),
  model: z.object({ name: z.string(), source: z.string() }).optional(),
  processes: z.array(
    z.object({
      name: z.string(),
      /** The agent that it hosts; absent for the toolbox. */
      agent: z.string().optional(),
      /** `failed`: it keeps dying soon after its start, and is tried again. `idle`: it starts with its first task. */
      state: z.enum(['running', 'waiting', 'failed', 'idle', 'stopped']),
      pid: z.number().optional(),
      startedAt: z.number().optional(),
      adopted: z.boolean().optional(),
      restarts: z.number(),
      /** Consecutive deaths soon after the start. */
      quickDeaths: z.number().default(0),
      /** When the next process starts. */
      nextTryAt: z.number().optional(),
      /** Why it is being ended and replaced. */
      replacing: z.string().optional(),
      lastDeath: lastDeathSchema.optional(),
    }),
  ),
  agents: z.array(
    z.object({
      name: z.string(),
      level: z.number(),
      description: z.string(),
      tools: z.array(z.string()),
      hosts: z.array(
        z.object({
          host: z.string(),
          pid: z.number(),
          slots: z.number(),
          busy: z.number(),
          /** The version of the protocol that it announces. */
          protocol: z.number().optional(),
          tooOld: z.literal(true).optional(),
        }),
      ),
    }),
  ),
  /** Names of the registered tools. */
  tools: z.array(z.string()),
  /** Tools that agents ask for and that no process hosts. */
  missingTools: z.array(z.object({ name: z.string(), agents: z.array(z.string()) })).default([]),
  /** What the daemon waits for, such as room on the disk. */
  waits: z.array(z.string()).default([]),
  /** The id of this daemon's coordinator. Absent from daemons of older versions. */
  coordinator: z.string().optional(),
  /** The other coordinators that work on the same store. */
  others: z
    .array(
      z.object({
        coordinator: z.string(),
        pid: z.number(),
        host: z.string(),
        version: z.string(),
        startedAt: z.number(),
      }),
    )
    .default([]),
  /** Runs that this daemon drives. */
  workingRuns: z.number(),
  memoryMb: z.number(),
})
export type DaemonStatus = z.infer<typeof statusSchema>
