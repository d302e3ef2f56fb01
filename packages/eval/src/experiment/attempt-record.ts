import { finalStatusSchema, levelSchema, usageSchema } from '@bailiwick/contract'
import { z } from 'zod'
import { WASTE_CAUSES } from '../target/target.ts'

/**
 * How an attempt ended. `failed` is a wrong answer or none; `exhausted` reached a limit. The errors say nothing about
 * the agent: the target (a model server, a tool) or a scorer broke. `canceled` attempts were stopped from outside.
 */
export const OUTCOMES = ['passed', 'failed', 'exhausted', 'target-error', 'scorer-error', 'canceled'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** One attempt at one case, as the log keeps it. */
export const attemptRecordSchema = z.object({
  v: z.literal(1),
  /** Digest of everything that decides about the attempt. An experiment skips attempts with a record. */
  key: z.string(),
  set: z.string(),
  /** Digest of all cases of the set. */
  setHash: z.string(),
  case: z.string(),
  caseHash: z.string(),
  attempt: z.number().int().positive(),
  target: z.string(),
  level: z.union([levelSchema, z.null()]),
  model: z.string().nullable(),
  /** What answered instead of a model: then the record says nothing about quality. */
  pipeline: z.enum(['oracle', 'noisy oracle']).optional(),
  scorer: z.number().int(),
  outcome: z.enum(OUTCOMES),
  /** Why the attempt did not pass. */
  reason: z.string().optional(),
  /** The answer, shortened. */
  answer: z.string().optional(),
  status: finalStatusSchema.optional(),
  usage: usageSchema,
  wasted: z.record(z.enum(WASTE_CAUSES), z.number()),
  /** Milliseconds from the start of the task to its answer. */
  ms: z.number(),
  /** Id of the task, or of the run. */
  task: z.string(),
  tags: z.array(z.string()),
  /** Unix milliseconds. */
  at: z.number(),
})
export type AttemptRecord = z.infer<typeof attemptRecordSchema>
