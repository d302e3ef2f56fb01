import { streamLimitsSchema } from '@bailiwick/bus'
import { approvalSchema, budgetSchema, levelSchema } from '@bailiwick/contract'
import { modelAliasesSchema } from '@bailiwick/models'
import { z } from 'zod'

const count = (lowest: number, highest: number) => z.number().int().min(lowest).max(highest)

/** One specialist as the operator lets it work: where its definition is, and its ceiling. */
export const memberSchema = z.strictObject({
  /** A package name, or a path from the configuration's folder. */
  agent: z.string().min(1),
  /** Replaces the definition's level. */
  level: levelSchema.optional(),
  /** Host processes. */
  replicas: count(1, 64).default(1),
  /** Tasks that one host works on at once. */
  maxConcurrent: count(1, 64).default(4),
  /** Ceiling: names of tools it may be granted, or patterns (`sql_*`). Absent: what its definition asks for. */
  tools: z.array(z.string()).optional(),
  /** Ceiling: names of agents it may start, or patterns. */
  delegates: z.array(z.string()).optional(),
  /** Ceiling: packages its code may import, or patterns. */
  imports: z.array(z.string()).optional(),
  /** Replaces the definition's model; `provider/model` or an alias. */
  model: z.string().optional(),
  /** Ceiling of one task's budget. The lesser of this and the definition's holds. */
  budget: budgetSchema.unwrap().strict().optional(),
  /** When its calls need a person's yes. The stricter of this and the definition's holds. */
  approval: approvalSchema.optional(),
})
/** One specialist as the daemon knows it. */
export type Member = z.infer<typeof memberSchema>

const limitsSchema = z
  .strictObject({
    /** Tasks of one plan. */
    tasks: count(1, 100).default(12),
    /** Tries of one task before the plan is changed or the task given up. */
    attempts: count(1, 10).default(2),
    /** Times that a plan may be changed after a task failed for good. */
    replans: count(0, 10).default(1),
    /** Delegations below a task of the plan. */
    depth: count(0, 10).default(3),
    /** Delegations that one task may ask for in all. */
    fanOut: count(0, 100).default(16),
    /** Quick deaths of a child process in a row, after which it is given up. */
    restarts: count(0, 100).default(5),
    /**
     * Readers of streams that one user of NATS may have at once: a stream takes 1,000 from all of them. Who makes more
     * is cut off.
     */
    readers: count(16, 1_000).default(256),
    /** Milliseconds that a shutdown waits for tasks under way. */
    graceMs: count(0, 600_000).default(5_000),
  })
  .prefault({})

/** The configuration, as written. */
export const configSchema = z.strictObject({
  /** An existing NATS. Absent, and no `NATS_URL`: one is started. */
  nats: z
    .strictObject({
      url: z
        .string()
        .regex(/^(nats|tls|wss?):\/\//, 'wanted a URL such as "nats://127.0.0.1:4222"')
        .optional(),
      /** Path of a `.creds` or nkey file for that server. Absent: what `bailiwick nats-config` wrote. */
      credentials: z.string().optional(),
      /** Paths of PEM files: the authority that signed its certificate, and a certificate of ours with its key. */
      ca: z.string().optional(),
      cert: z.string().optional(),
      key: z.string().optional(),
      /** Fixed port of the server that is started; an error where it is taken. */
      port: count(1, 65_535).optional(),
      /**
       * Milliseconds that credentials of this daemon's processes hold. They are renewed when half of it is over, so
       * that what is stolen ends by itself; a daemon that is away for longer renews them when it is back.
       */
      credentialsLifeMs: count(2_000, 31_536_000_000).default(86_400_000),
    })
    .prefault({}),
  /** Model of every agent that names none: `provider/model` or an alias. */
  model: z.string().optional(),
  /** Aliases: `{ fast: 'ollama/qwen3:8b', strong: { model: 'openai/gpt-5', fallbacks: ['fast'] } }`. */
  models: modelAliasesSchema.default({}),
  /** The specialists: package names, paths, or members in full. */
  team: z
    .array(
      z.union([z.string().min(1), memberSchema], {
        error: (issue) =>
          typeof issue.input === 'string' || (typeof issue.input === 'object' && issue.input !== null)
            ? undefined
            : 'wanted a package name, a path, or { agent: … }',
      }),
    )
    .min(1)
    .optional(),
  /** A definition that asks for more than its ceiling: it works without that (`drop`), or nothing starts (`refuse`). */
  beyondCeiling: z.enum(['drop', 'refuse']).default('drop'),
  /** How a run is split where it does not say. */
  strategy: z.enum(['plan', 'direct']).default('plan'),
  /** Who gets the whole task under strategy `direct`; absent: the only agent, or the only router or code agent that has delegates. */
  lead: z.string().optional(),
  /** The agent that writes answers from results; absent: `writer`, where the team has one. */
  writer: z.string().optional(),
  /** Said to the planner besides the task and the team. */
  planning: z.string().optional(),
  /** What one run may spend. */
  budget: budgetSchema.unwrap().strict().default({}),
  limits: limitsSchema,
  /** What is kept, for how long, and in how many copies. */
  streams: streamLimitsSchema.unwrap().strict().prefault({}),
  sandbox: z
    .strictObject({
      /** The least isolation that agents' code runs in; hosts that get less do not start. Absent: what there is. */
      requireIsolation: z.enum(['process', 'confined']).optional(),
    })
    .prefault({}),
  /** Where the daemon keeps its store, address and credentials; from the configuration's folder. */
  dataDir: z.string().default('.bailiwick'),
})

/** The configuration as `bailiwick.config.ts` holds it: everything optional. */
export type Config = z.input<typeof configSchema>
/** The configuration after defaults. */
export type CheckedConfig = z.infer<typeof configSchema>
