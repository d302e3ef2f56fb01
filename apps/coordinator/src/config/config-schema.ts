import { streamLimitsSchema } from '@bailiwick/bus'
import { approvalSchema, budgetSchema, levelSchema } from '@bailiwick/contract'
import { modelAliasesSchema } from '@bailiwick/models'
import { z } from 'zod'

/** Whether the hosts of an agent always run, or only while they are needed. */
const hostsSchema = z.enum(['always', 'on-demand'])

const count = (lowest: number, highest: number) => z.number().int().min(lowest).max(highest)

/** One specialist of the team: where its definition is, and the operator's ceiling for it. */
export const memberSchema = z.strictObject({
  /** A package name, or a path relative to the configuration's folder. */
  agent: z.string().min(1),
  /** Replaces the definition's level. */
  level: levelSchema.optional(),
  /** Number of host processes. */
  replicas: count(1, 64).default(1),
  /** Whether its hosts always run or start on demand. Default: the configuration's `hosts`. */
  hosts: hostsSchema.optional(),
  /** Number of tasks that one host works on at a time. */
  maxConcurrent: count(1, 64).default(4),
  /** Ceiling: names or patterns (`sql_*`) of tools that it may use. Default: every tool that its definition names. */
  tools: z.array(z.string()).optional(),
  /** Ceiling: names or patterns of agents that it may start. */
  delegates: z.array(z.string()).optional(),
  /** Ceiling: names or patterns of packages that its code may import. */
  imports: z.array(z.string()).optional(),
  /** Replaces the definition's model: `provider/model` or an alias. */
  model: z.string().optional(),
  /** Ceiling for the budget of one task. The smaller of this and the definition's budget applies. */
  budget: budgetSchema.unwrap().strict().optional(),
  /** Which calls a person must approve. The stricter of this and the definition's setting applies. */
  approval: approvalSchema.optional(),
})
/** One specialist of the team. */
export type Member = z.infer<typeof memberSchema>

const limitsSchema = z
  .strictObject({
    /** Tasks in one plan. */
    tasks: count(1, 100).default(12),
    /** Attempts at one task before the plan is changed or the task is given up. */
    attempts: count(1, 10).default(2),
    /** How often a plan may change after a task has failed for good. */
    replans: count(0, 10).default(1),
    /** Depth of delegations below a task of the plan. */
    depth: count(0, 10).default(3),
    /** Delegations that one task may request in all. */
    fanOut: count(0, 100).default(16),
    /**
     * Consecutive quick deaths of a child process after which it counts as failed: tasks that need it fail, and it is
     * tried again with growing pauses, up to a minute apart.
     */
    restarts: count(0, 100).default(5),
    /** A host that runs on demand stops after this long without a task and without a call of its own tools. Milliseconds. */
    hostIdleMs: count(1_000, 86_400_000).default(60_000),
    /** Readers of streams that one NATS user may have at a time. A user with more is evicted, because a stream has 1,000 for all. */
    readers: count(16, 1_000).default(256),
    /** Ended runs are purged after this time, milliseconds; -1 keeps them. An open run is never purged. */
    keepRunsMs: count(-1, Number.MAX_SAFE_INTEGER).default(30 * 86_400_000),
    /**
     * A host leaves a task whose calls have only waited for people and delegates for this long, milliseconds. A waiting
     * task then holds neither a slot nor memory, and its world is rebuilt when it goes on.
     */
    suspendAfterMs: count(1, 86_400_000).default(2_000),
    /** How long a shutdown waits for tasks that are being worked on. Milliseconds. */
    graceMs: count(0, 600_000).default(5_000),
  })
  .prefault({})

/** Checks a configuration and fills in its defaults. */
export const configSchema = z.strictObject({
  /** An existing NATS server. Without it and without `NATS_URL`, the daemon starts one. */
  nats: z
    .strictObject({
      url: z
        .string()
        .regex(/^(nats|tls|wss?):\/\//, 'expected a URL such as "nats://127.0.0.1:4222"')
        .optional(),
      /** Path of a `.creds` or nkey file for that server. Default: the one that `bailiwick nats-config` wrote. */
      credentials: z.string().optional(),
      /** Paths of PEM files: the authority of the server's certificate, and the client's certificate and key. */
      ca: z.string().optional(),
      cert: z.string().optional(),
      key: z.string().optional(),
      /** Port of the server that the daemon starts. The daemon does not start if the port is taken. */
      port: count(1, 65_535).optional(),
      /**
       * How long the credentials of the daemon's processes are valid, milliseconds. The daemon renews them at half that
       * time, so stolen ones expire soon. A daemon that was away for longer renews them when it is back.
       */
      credentialsLifeMs: count(2_000, 31_536_000_000).default(86_400_000),
    })
    .prefault({}),
  /** Model of every agent that names none: `provider/model` or an alias. */
  model: z.string().optional(),
  /** Aliases: `{ fast: 'ollama/qwen3:8b', strong: { model: 'openai/gpt-5', fallbacks: ['fast'] } }`. */
  models: modelAliasesSchema.default({}),
  /** The specialists: package names, paths, or objects with an `agent`. */
  team: z
    .array(
      z.union([z.string().min(1), memberSchema], {
        error: (issue) =>
          typeof issue.input === 'string' || (typeof issue.input === 'object' && issue.input !== null)
            ? undefined
            : 'expected a package name, a path, or { agent: … }',
      }),
    )
    .min(1)
    .optional(),
  /**
   * When the hosts of the agents run. `always`: from the daemon's start to its end. `on-demand`: they start when a task
   * or a call of their own tools needs them, and stop when they have been idle for `limits.hostIdleMs`. `auto`: always
   * for up to four agents, on demand for more.
   */
  hosts: z.union([hostsSchema, z.literal('auto')]).default('auto'),
  /** What happens if a definition exceeds its ceiling: it works without the excess (`drop`), or nothing starts (`refuse`). */
  beyondCeiling: z.enum(['drop', 'refuse']).default('drop'),
  /**
   * How runs that do not name a strategy are split into tasks. `plan`: a planner splits them, and a writer writes the
   * answer. `direct`: the lead gets the whole task, and its answer is the run's. `auto`: like `direct` if only one agent
   * besides the writer can take tasks; otherwise the planner splits the task or gives all of it to one agent.
   */
  strategy: z.enum(['auto', 'plan', 'direct']).default('auto'),
  /** The agent that gets the whole task with strategy `direct`. Default: the only agent, or the only router or agent with delegates. */
  lead: z.string().optional(),
  /** The agent that writes answers from results. Default: `writer` if the team has one. */
  writer: z.string().optional(),
  /** Instructions for the planner, in addition to the task and the team. */
  planning: z.string().optional(),
  /** What one run may spend. */
  budget: budgetSchema.unwrap().strict().default({}),
  limits: limitsSchema,
  /** How much the streams keep, for how long, and in how many replicas. */
  streams: streamLimitsSchema.unwrap().strict().prefault({}),
  sandbox: z
    .strictObject({
      /** Minimum isolation for agents' code. Hosts that get less do not start. Default: the best that the machine offers. */
      requireIsolation: z.enum(['process', 'confined']).optional(),
    })
    .prefault({}),
  /** The folder of the daemon's store, address and credentials, relative to the configuration's folder. */
  dataDir: z.string().default('.bailiwick'),
})

/** The configuration as written in `bailiwick.config.ts`. Every option is optional. */
export type Config = z.input<typeof configSchema>
/** The configuration with defaults. */
export type CheckedConfig = z.infer<typeof configSchema>
