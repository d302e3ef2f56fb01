import { z } from 'zod'

/** A daemon's state: the reply to the `status` request. */
export const statusSchema = z.object({
  pid: z.number(),
  version: z.string(),
  ephemeral: z.boolean(),
  dataDir: z.string(),
  url: z.string(),
  natsServer: z.object({ pid: z.number(), version: z.string() }).optional(),
  model: z.object({ name: z.string(), source: z.string() }).optional(),
  processes: z.array(
    z.object({
      name: z.string(),
      /** The agent that it hosts; absent for the toolbox. */
      agent: z.string().optional(),
      state: z.enum(['running', 'waiting', 'failed', 'stopped']),
      pid: z.number().optional(),
      startedAt: z.number().optional(),
      adopted: z.boolean().optional(),
      restarts: z.number(),
      lastDeath: z.object({ reason: z.string(), lines: z.array(z.string()) }).optional(),
    }),
  ),
  agents: z.array(
    z.object({
      name: z.string(),
      level: z.number(),
      description: z.string(),
      tools: z.array(z.string()),
      hosts: z.array(z.object({ host: z.string(), pid: z.number(), slots: z.number(), busy: z.number() })),
    }),
  ),
  /** Names of the registered tools. */
  tools: z.array(z.string()),
  workingRuns: z.number(),
  memoryMb: z.number(),
})
export type DaemonStatus = z.infer<typeof statusSchema>
