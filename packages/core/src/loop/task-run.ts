import type { AgentDefinition } from '../contract/agent.ts'
import type { AgentEvent } from '../contract/event.ts'
import type { CallRequest, Gate } from '../contract/gate.ts'
import type { Journal, JournalRecord } from '../contract/journal.ts'
import type { JsonSchema } from '../contract/json.ts'
import type { Model } from '../contract/model.ts'
import type { Sandbox } from '../contract/sandbox.ts'
import type { TaskResult, TaskSpec } from '../contract/task.ts'
import type { Effect, Tool } from '../contract/tool.ts'
import type { DelegateRequest } from '../gate/create-gate.ts'
import type { TaskState } from '../memory/task-state.ts'

/** What the loop is given. A level differs by what is in here and by its row in the level table. */
export interface LoopOptions {
  definition: AgentDefinition
  spec: TaskSpec
  /** The task's own journal: empty, or with what is done already. */
  journal: Journal
  /** Tools that can be called; the grant in `spec` says which of them may be. */
  tools: readonly Tool[]
  model: Model
  /** Needed at level 5. */
  sandbox?: Sandbox
  /** Folder that the code's imports resolve from. */
  importsFrom?: string
  /** Starts a delegate and waits for its result. */
  delegate?: (request: DelegateRequest) => Promise<TaskResult>
  /** Asks a person. Without it whatever needs approval is refused. */
  approve?: (request: CallRequest & { effect: Effect }, signal: AbortSignal) => Promise<boolean>
  /** Ends the task as canceled, unless its reason has the code `suspended`: then the task stays open. */
  signal?: AbortSignal
  /** Unix milliseconds. */
  now?: () => number
  /** Written into the attempt's record. */
  host?: { id: string; engine: { node: string; v8: string; bailiwick: string } }
  /** Whether a text is JavaScript or TypeScript: asked of replies without a code block. */
  parses?: (text: string) => boolean
}

/** One attempt at a task, as the parts of the loop see it. */
export interface TaskRun {
  options: LoopOptions
  state: TaskState
  gate: Gate
  signal: AbortSignal
  head: { system: string; task: string }
  /** JSON Schema of the output, where there is one. */
  schema: JsonSchema | undefined
  now(): number
  record(record: JournalRecord): void
  flushed(): Promise<void>
  live(
    event:
      | { type: 'text' | 'thinking'; step: number; text: string }
      | { type: 'print'; step: number; line: string },
  ): void
}

/** What acting on a reply came to. */
export interface Acted {
  status: 'ok' | 'error' | 'timeout' | 'out-of-memory' | 'canceled'
  /** What the model is told. */
  text: string
  final?: { value: unknown }
  worldHash?: string
}

export type { AgentEvent }
