import { z } from 'zod'

const day = 24 * 60 * 60 * 1000

/** How much the streams keep. Times in milliseconds, sizes in bytes; -1 means no limit. */
export const streamLimitsSchema = z.lazy(() =>
  z.object({
    /** Copies of every stream: 1, or 3 or 5 in a cluster. */
    replicas: z.number().int().min(1).max(5).default(1),
    /**
     * Journals are deleted after this time, also those of runs that are still open. Their tasks cannot be resumed,
     * replayed or forked any longer. Default: the daemon purges ended runs instead.
     */
    journalMaxAgeMs: z.number().int().default(-1),
    /** If reached, appends are refused: a journal is never cut to make room for another. */
    journalMaxBytes: z.number().int().default(-1),
    eventMaxAgeMs: z
      .number()
      .int()
      .default(30 * day),
    /** If reached, the oldest events are deleted. The journals still have their records. */
    eventMaxBytes: z.number().int().default(-1),
    /** Tasks of all agents that may wait at the same time. */
    maxQueued: z.number().int().positive().default(50_000),
    /** Dead letters are deleted after this time. */
    deadMaxAgeMs: z
      .number()
      .int()
      .default(30 * day),
    /** Maximum age of files, including those of open runs. Default: files are deleted with their runs. */
    artifactMaxAgeMs: z.number().int().default(-1),
    artifactMaxBytes: z.number().int().default(-1),
    /** A host counts as gone after this long without a heartbeat: three heartbeats. */
    presenceMs: z.number().int().positive().default(6_000),
  }),
)
/** Limits of the streams. A missing limit has its default. */
export type StreamLimits = z.input<typeof streamLimitsSchema>
/** Limits of the streams with all defaults filled in. */
export type CheckedStreamLimits = z.output<typeof streamLimitsSchema>
