import { z } from 'zod'
import { grantSchema } from './grant.ts'
import type { JsonSchema } from './json.ts'
import { tokenSchema } from './name.ts'
import { usageSchema } from './usage.ts'

/** Status of a run or a task. The last five are final. */
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

/** Status of a run or a task that has ended. */
export const finalStatusSchema = z.lazy(() =>
  z.enum(['completed', 'failed', 'exhausted', 'canceled', 'rejected']),
)
export type FinalStatus = z.infer<typeof finalStatusSchema>

/** A file of a run, stored outside of messages. */
export const artifactRefSchema = z.lazy(() =>
  z.object({
    /** The writer that owns the bucket: `user`, `coordinator`, `toolbox` or an agent's name. */
    writer: tokenSchema,
    /** Name of the object in the bucket. */
    key: z.string().min(1),
    /** Name of the file for people, without folders. */
    name: z.string().min(1),
    mediaType: z.string(),
    /** Bytes. */
    size: z.number().int().nonnegative(),
    /** SHA-256 of the content, in hex. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
)
export type ArtifactRef = z.infer<typeof artifactRefSchema>

/** A file in memory: its text, or its bytes as base64. */
export const memoryFileSchema = z.lazy(() =>
  z.object({ mediaType: z.string(), text: z.string().exactOptional(), base64: z.string().exactOptional() }),
)
export type MemoryFile = z.infer<typeof memoryFileSchema>

/**
 * An input of a task: a value, which is a variable of that name in code, or a file, which tools read. A file is stored
 * (`artifact`), or in memory if the task runs in the caller's process (`file`).
 */
export const taskInputSchema = z.lazy(() =>
  z.object({
    name: z.string().min(1),
    artifact: artifactRefSchema.optional(),
    file: memoryFileSchema.exactOptional(),
    value: z.unknown().optional(),
    /** Describes the input in the prompt: type, size, columns, sample rows. */
    description: z.string(),
  }),
)
export type TaskInput = z.infer<typeof taskInputSchema>

/** Why a run or a task did not complete. */
export const taskErrorSchema = z.lazy(() =>
  z.object({
    code: z.string(),
    message: z.string(),
    /** The exceeded limit, if the status is `exhausted`. */
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

/** A piece of work for one agent. Holds everything that a host needs to start. */
export const taskSpecSchema = z.lazy(() =>
  z.object({
    run: tokenSchema,
    /** The bus user that submitted the run. Part of the subject of the task's live text. */
    owner: tokenSchema,
    task: tokenSchema,
    agent: tokenSchema,
    /** The task's name in the run's plan: `t1`, `plan`, `answer`. Other tasks refer to its result by it. */
    name: z.string(),
    text: z.string(),
    /** The user's request that this task is a part of, as context. Absent if the task is the whole request. */
    request: z.string().optional(),
    /** Who reads the output, if not an agent: a person, because it is the answer of the run. */
    reader: z.literal('person').optional(),
    inputs: z.array(taskInputSchema),
    /** Results of the tasks that this one depends on, by name in the plan. */
    results: z.record(z.string(), taskResultSchema),
    /** Descriptions of the files in `results` for the prompt, by key. */
    resultFiles: z.record(z.string(), z.string()).exactOptional(),
    grant: grantSchema,
    /** `provider/model`, or an alias of the configuration. Default: the host's. */
    model: z.string().optional(),
    /** Replaces the definition's instructions for this task. */
    instructions: z.string().optional(),
    /** JSON Schema of the output. Replaces the definition's. */
    output: z.custom<JsonSchema>().optional(),
    /** Seed of all randomness in the task's world. */
    seed: z.string(),
    /** Unix milliseconds at which the task times out. */
    deadline: z.number().optional(),
    /** The task and call that created this one, if it is a delegation. */
    parent: z.object({ agent: tokenSchema, task: tokenSchema, call: z.string() }).optional(),
    /** Number of delegations above this task. */
    depth: z.number().int().nonnegative().default(0),
  }),
)
export type TaskSpec = z.infer<typeof taskSpecSchema>
