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
import type { Spending } from '../gate/budget.ts'
import type { Delegate } from '../gate/delegation.ts'
import type { TaskState } from '../journal/task-state.ts'
import type { LevelRules } from '../levels/level-table.ts'
import type { LevelPrompt } from '../prompts/system-prompt.ts'
import type { CodeTest } from '../reply/parse-reply.ts'
import type { CodeWorld } from '../world/code-world.ts'

/** What the loop is given. A level differs by what is in here and by its row in the level table. */
export interface LoopOptions {
  definition: AgentDefinition
  /** The first record of the journal; appended where the journal is empty. */
  spec: TaskSpec
  /** The task's own journal: empty, or with what is done already. */
  journal: Journal
  /** Tools that can be called; the grant in `spec` says which of them may be. */
  tools: readonly Tool[]
  model: Model
  /** Needed at level 5. */
  sandbox?: Sandbox
  /** Values of inputs that `spec` has by reference only; they become variables too. */
  inputs?: Record<string, unknown>
  /** Folder that the code's imports resolve from. */
  importsFrom?: string
  /** Starts a delegate and waits for its result. Without it delegations are refused. */
  delegate?: Delegate
  /** Asks a person. Without it whatever needs approval is refused. */
  approve?: Approve
  /** Ends the task as canceled, unless its reason has the code `suspended`: then the task stays open. */
  signal?: AbortSignal
  /** Unix milliseconds. */
  now?: () => number
  /** Written into the attempt's record. */
  host?: { id: string; engine: RecordOf<'task.started'>['engine'] }
  /** Whether a text is JavaScript or TypeScript: asked of replies without a block of code. */
  parses?: CodeTest
  /** Replaces the level's prompt. */
  prompt?: LevelPrompt
}

type Live<T> = T extends { type: 'record' }
  ? never
  : T extends EventOrigin
    ? Omit<T, keyof EventOrigin>
    : never

/** One attempt at a task, as the parts of the loop see it. */
export interface TaskRun {
  readonly options: LoopOptions
  readonly state: TaskState
  readonly rules: LevelRules
  readonly gate: Gate
  /** Where level 5's code runs. Nothing is opened before the first. */
  readonly world: CodeWorld
  /** What the loop itself answers. */
  readonly own: ReadonlyMap<string, Tool>
  readonly spending: Spending
  readonly signal: AbortSignal
  /** Unix milliseconds at which the task is given up. */
  readonly deadline: number | undefined
  readonly system: string
  /** A request did not fit the model's context: from then on all observations but the newest are folded. */
  tight: boolean
  now(): number
  /** Takes a record into the state and queues it for the journal. */
  record(record: JournalRecord): void
  /** Resolves when all that was recorded is acknowledged. */
  flushed(): Promise<void>
  live(event: Live<AgentEvent>): void
}

/** What acting on a reply came to: the step's end, before its answer is checked. */
export interface Acted {
  status: RecordOf<'step.ended'>['status']
  /** What the model is told. */
  text: string
  final?: { value: unknown }
  worldHash?: string
}

/** An observation of something that went wrong, in words that help. */
export function mistake(text: string): Acted {
  return { status: 'error', text }
}
