import { z } from 'zod'

/** What the coordinator that publishes events knows about them. Its entry in the bucket `coordinators`. */
export const checkpointSchema = z.lazy(() =>
  z.object({
    v: z.literal(1),
    /** The coordinator that publishes events; absent after it has shut down in order. */
    coordinator: z.string().exactOptional(),
    /** The process of the coordinator, in words that no other has. */
    holder: z.string().exactOptional(),
    /** Unix milliseconds. */
    at: z.number(),
    /** The events of all messages of JOURNAL up to this sequence are published. */
    position: z.number().int().nonnegative(),
    /** The events of later messages have higher sequences than this in EVENT. */
    eventSequence: z.number().int().nonnegative(),
    /** The last message of JOURNAL that was read. */
    seen: z.object({ sequence: z.number(), time: z.number() }).exactOptional(),
    /** For each time that JOURNAL lost its end: the first sequence that was used again. */
    resets: z.array(z.number().int().positive()).default([]),
    /** Bytes that the server has dropped from JOURNAL and from EVENT since it started, as far as they were reported. */
    dropped: z.object({ journal: z.number(), event: z.number() }).default({ journal: 0, event: 0 }),
  }),
)
export type Checkpoint = z.infer<typeof checkpointSchema>

/** The part of a checkpoint that says how far the events are published. */
export type Progress = Omit<Checkpoint, 'v' | 'coordinator' | 'holder' | 'at'>

export function progressOf(checkpoint: Checkpoint): Progress {
  const { v: _, coordinator: _coordinator, holder: _holder, at: _at, ...progress } = checkpoint
  return progress
}

/** A checkpoint; undefined if the value is something else. */
export function parseCheckpoint(value: unknown): Checkpoint | undefined {
  return checkpointSchema.safeParse(value).data
}

/** How often JOURNAL had lost its end before it stored this sequence for the last time: part of the ids of its events. */
export function epochOf(resets: readonly number[], sequence: number): number {
  return resets.findLastIndex((from) => from <= sequence) + 1
}
