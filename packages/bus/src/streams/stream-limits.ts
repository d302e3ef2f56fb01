import { z } from 'zod'

const day = 24 * 60 * 60 * 1000

/** How much the streams keep. Times in milliseconds, sizes in bytes; -1 is no limit. */
export const streamLimitsSchema = z.lazy(() =>
  z.object({
    /** Copies of every stream: 1, or 3 or 5 on a cluster. */
    replicas: z.number().int().min(1).max(5).default(1),
    /** Journals older than this are dropped; with them goes the ability to resume, replay and fork. */
    journalMaxAgeMs: z
      .number()
      .int()
      .default(30 * day),
    /** When reached, appends are refused: a journal is never cut to make room for another. */
    journalMaxBytes: z.number().int().default(-1),
    eventMaxAgeMs: z
      .number()
      .int()
      .default(30 * day),
    /** When reached, the oldest events go: they can be had again from the journals. */
    eventMaxBytes: z.number().int().default(-1),
    /** Tasks that may wait at the same time, over all agents. */
    maxQueued: z.number().int().positive().default(10_000),
    /** Dead letters older than this are dropped. */
    deadMaxAgeMs: z
      .number()
      .int()
      .default(30 * day),
    /** Files of runs. */
    artifactMaxAgeMs: z
      .number()
      .int()
      .default(30 * day),
    artifactMaxBytes: z.number().int().default(-1),
    /** An agent that has been silent for so long is gone: three heartbeats. */
    presenceMs: z.number().int().positive().default(6_000),
  }),
)
export type StreamLimits = z.input<typeof streamLimitsSchema>
export type CheckedStreamLimits = z.output<typeof streamLimitsSchema>
