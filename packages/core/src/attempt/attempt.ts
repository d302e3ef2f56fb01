import type {
  AgentDefinition,
  AgentEvent,
  EventOrigin,
  Gate,
  Journal,
  JournalRecord,
  Model,
  RecordOf,
  Sandbox,
  TaskSpec,
  Tool,
} from '@bailiwick/contract'
import type { Approve } from '../gate/ask-person.ts'
import type { TaskBudget } from '../gate/budget.ts'
import type { Delegate } from '../gate/delegation.ts'
import type { RetryLimits } from '../gate/retry-transient.ts'
import type { TaskWorld } from '../journal/task-world.ts'
import type { LevelRules } from '../levels/level-table.ts'
import type { LevelPrompt } from '../prompts/level-prompts.ts'
import type { CodeTest } from '../reply/parse-reply.ts'
import type { CodeWorld } from '../world/code-world.ts'

/** What the loop needs for one task. */
export interface LoopOptions {
  definition: AgentDefinition
  /** The task. Becomes the journal's first record if the journal is empty. */
  spec: TaskSpec
  /** The task's journal: empty, or with the records of earlier attempts. */
  journal: Journal
  /** Tools that this host can call. The grant in `spec` decides which of them the agent may call. */
  tools: readonly Tool[]
  model: Model
  /** Required at level 5. */
  sandbox?: Sandbox
  /** Values of inputs that `spec` holds only by reference. They become variables too. */
  inputs?: Record<string, unknown>
  /** Folder that the code's imports resolve from. */
  importsFrom?: string
  /** Starts a delegate and waits for its result. If absent, delegations are refused. */
  delegate?: Delegate
  /** Asks a person. If absent, calls that need approval are refused. */
  approve?: Approve
  /**
   * Leave the task, with `task.waiting`, when its calls have only waited for people and delegates for this long, ms.
   * If absent, the task keeps waiting in this process.
   */
  suspendAfterMs?: number
  /** How often a call is retried after a transient failure. Default: `DEFAULT_RETRY_LIMITS`. */
  retry?: Partial<RetryLimits>
  /** Ends the task as canceled. If the reason has the code `suspended`, the task stays open instead. */
  signal?: AbortSignal
  /** Unix milliseconds. Default: `Date.now`. */
  now?: () => number
  /** The host, for the attempt's record. */
  host?: { id: string; engine: RecordOf<'task.started'>['engine'] }
  /** Whether a text is JavaScript or TypeScript. Called for replies without a code block. */
  parses?: CodeTest
  /** Replaces the level's prompt. */
  prompt?: LevelPrompt
}

type Live<T> = T extends { type: 'record' }
  ? never
  : T extends EventOrigin
    ? Omit<T, keyof EventOrigin>
    : never

/** One attempt at a task: the state and the operations that all parts of the loop share. */
export interface Attempt {
  readonly options: LoopOptions
  readonly state: TaskWorld
  readonly rules: LevelRules
  readonly gate: Gate
  /** Runs level 5's code. Opens nothing before the first code. */
  readonly world: CodeWorld
  /** Functions that the loop itself provides. */
  readonly own: ReadonlyMap<string, Tool>
  readonly budget: TaskBudget
  readonly signal: AbortSignal
  readonly system: string
  /** Set after a request exceeded the model's context: folds all observations except the newest. */
  tight: boolean
  now(): number
  /** Applies a record to the state and queues it for the journal. */
  record(record: JournalRecord): void
  /** Resolves when every recorded record is acknowledged. */
  flushed(): Promise<void>
  live(event: Live<AgentEvent>): void
}
