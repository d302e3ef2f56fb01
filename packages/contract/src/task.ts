import { z } from 'zod'
import { grantSchema } from './grant.ts'
import type { JsonSchema } from './json.ts'
import { tokenSchema } from './name.ts'
import { usageSchema } from './usage.ts'

/** Where a run or a task stands. The last five are final. */
export const statusSchema = z.lazy(() =>
  z.enum([
    'submitted',
    'working',
    'input-required',
    'completed',
    'failed',
    'exhausted',
    'canceled',
    'rejected',
  ]),
)
export type Status = z.infer<typeof statusSchema>

export const finalStatusSchema = z.lazy(() =>
  z.enum(['completed', 'failed', 'exhausted', 'canceled', 'rejected']),
)
export type FinalStatus = z.infer<typeof finalStatusSchema>

/** Bytes kept outside of messages: a file of a run. */
export const artifactRefSchema = z.lazy(() =>
  z.object({
    /** The object-store bucket's writer: `user`, `coordinator`, `toolbox` or an agent's name. */
    writer: tokenSchema,
    /** The object's name in the bucket. */
    key: z.string().min(1),
    /** The file's name as people see it, without folders. */
    name: z.string().min(1),
    mediaType: z.string(),
    /** Bytes. */
    size: z.number().int().nonnegative(),
    /** Hex digest of the content. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
)
export type ArtifactRef = z.infer<typeof artifactRefSchema>

/** Something a task is given: a file, or a value that becomes a variable of that name. */
export const taskInputSchema = z.lazy(() =>
  z.object({
    name: z.string().min(1),
    artifact: artifactRefSchema.optional(),
    value: z.unknown().optional(),
    /** What the prompt says of it: type, size, columns, sample rows. Never the whole. */
    description: z.string(),
  }),
)
export type TaskInput = z.infer<typeof taskInputSchema>

export const taskErrorSchema = z.lazy(() =>
  z.object({
    code: z.string(),
    message: z.string(),
    /** Which limit ended it, where the status is `exhausted`. */
    limit: z.string().optional(),
  }),
)
export type TaskError = z.infer<typeof taskErrorSchema>

/** How a task (or a run) ended. */
export const taskResultSchema = z.lazy(() =>
  z.object({
    status: finalStatusSchema,
    output: z.unknown().optional(),
    error: taskErrorSchema.optional(),
    usage: usageSchema,
    artifacts: z.array(artifactRefSchema),
  }),
)
export type TaskResult = z.infer<typeof taskResultSchema>

/** One piece of work for one agent, complete: a host needs nothing else to begin. */
export const taskSpecSchema = z.lazy(() =>
  z.object({
    run: tokenSchema,
    /** The bus user that submitted the run: part of the subject of the task's live text. */
    owner: tokenSchema,
    task: tokenSchema,
    agent: tokenSchema,
    /** The task's name in the run's plan (`t1`, `plan`, `answer`); results are referred to by it. */
    name: z.string(),
    text: z.string(),
    inputs: z.array(taskInputSchema),
    /** Results of the tasks that this one depends on, by their name in the plan. */
    results: z.record(z.string(), taskResultSchema),
    grant: grantSchema,
    /** `provider/model`, or an alias of the configuration; absent: the host's default. */
    model: z.string().optional(),
    /** Overrides the definition's instructions for this task. */
    instructions: z.string().optional(),
    /** JSON Schema of the output; overrides the definition's. */
    output: z.custom<JsonSchema>().optional(),
    /** Randomness of the task's world derives from it. */
    seed: z.string(),
    /** Unix milliseconds after which the task is given up. */
    deadline: z.number().optional(),
    /** The task and call that asked for this one, where it is a delegation. */
    parent: z.object({ agent: tokenSchema, task: tokenSchema, call: z.string() }).optional(),
    /** How many delegations are above this one. */
    depth: z.number().int().nonnegative().default(0),
  }),
)
export type TaskSpec = z.infer<typeof taskSpecSchema>
