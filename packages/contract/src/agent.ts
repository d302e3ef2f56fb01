import type { z } from 'zod'
import type { Budget } from './budget.ts'
import type { AgentEvent } from './event.ts'
import type { Approval } from './grant.ts'
import type { Json, JsonSchema } from './json.ts'
import type { Level, LevelName } from './level.ts'
import type { Model, ModelPurpose } from './model.ts'
import type { SandboxLimits } from './sandbox-limits.ts'
import type { TaskResult } from './task.ts'
import type { Tool, ToolCard } from './tool.ts'

/** A tool: its code, its card, or its registered name. */
export type ToolRef = Tool | ToolCard | string

/** Target of a level-1 agent's route: a function, a tool, an agent, or a fixed answer. */
export type RouteTarget =
  | ((text: string) => unknown | Promise<unknown>)
  | Tool
  | { agent: string }
  | { answer: Json }

/** A route of a level-1 agent. */
export interface Route {
  /** Tells the model when to choose this route. */
  when: string
  to: RouteTarget
}

/** Second argument of an {@link AnswerCheck}. */
export interface AnswerContext {
  /** The task's text. */
  text: string
  /** Asks the agent's model and returns the text of its reply. Journaled, and charged to the task's budget. */
  ask(question: string): Promise<string>
}

/** Checks a final answer. Returns undefined if it passes, else a description of the problem for the model. */
export type AnswerCheck = (
  answer: unknown,
  context: AnswerContext,
) => string | undefined | Promise<string | undefined>

/** An agent as its author writes it: plain data. Defining or loading it runs nothing. */
export interface AgentDefinition {
  /** 1–63 letters, digits, `_`, `-`. `coordinator` is reserved. */
  name: string
  /** Tells the planner and other agents what this agent does well. */
  description: string
  level: Level | LevelName
  /** `provider/model`, an alias, or a model object for use in one process. */
  model?: string | Model
  /** Models for single purposes, such as a strong one to `plan` or `judge`. Default: `model`. */
  models?: Partial<Record<ModelPurpose, string | Model>>
  /** Added to the level's prompt. Should not mention JSON calls or code, so that it fits every level. */
  instructions?: string
  /** Tools that the agent may call. */
  tools?: ToolRef[]
  /** Levels 4 and 5: agents that it may start, by name or, for use in one process, by definition. */
  delegates?: (string | AgentDefinition)[]
  /** Level 5: packages that its code may import. They resolve from the package that holds the definition. */
  imports?: string[]
  /** Level 5: what each import is for, in a few words for the prompt: `{ arquero: 'groups and joins tables' }`. */
  importPurposes?: Record<string, string>
  /** Level 1: the routes by name. */
  routes?: Record<string, Route>
  /** Level 1: the route to take if the model names no valid one, even after repairs. */
  defaultRoute?: string
  /** Schema of the output: zod, or JSON Schema as data. */
  output?: z.ZodType | JsonSchema
  /** An answer must pass all checks. If one fails, the model gets its text and the loop continues. */
  checks?: AnswerCheck[]
  /** The agent plans before step 1 and again after this many steps. Default: it never plans. */
  planEvery?: number
  budget?: Budget
  /** The task fails with `model-unable` after this many replies in a row without an action. Default: 3. */
  maxIdleReplies?: number
  /**
   * Characters of replies and observations that a request shows whole, newest first. Older ones are shortened, then left
   * out. Default: 16,000.
   */
  observationChars?: number
  approval?: Approval
  /** Level 5: limits of the sandbox. */
  limits?: Partial<SandboxLimits>
  /** If true, every figure in the output must be a reference to a result. The host fills the figures in. */
  references?: boolean
}

/** An agent as its host announces it: data only. */
export interface AgentCard {
  name: string
  description: string
  level: Level
  tools: string[]
  delegates: string[]
  imports: string[]
  model?: string
  output?: JsonSchema
  /** The definition's budget for one task. */
  budget?: Budget
  /** The definition's rule for which calls need a person's approval. Default: `never`. */
  approval?: Approval
}

/** An agent that runs in this process. */
export interface Agent {
  readonly card: AgentCard
  /** Works on a task and yields its events in order. The last event is `task.ended`. */
  stream(task: string, options?: AgentRunOptions): AsyncIterable<AgentEvent>
  /** Works on a task and returns its result. */
  run(task: string, options?: AgentRunOptions): Promise<TaskResult>
}

/** Options of {@link Agent.run} and {@link Agent.stream}. */
export interface AgentRunOptions {
  signal?: AbortSignal
  /**
   * By name: values, which are variables in code, or files (`{ text, mediaType }`, `{ bytes, mediaType }`), which the
   * agent reads with `readFile`. The prompt describes both.
   */
  inputs?: Record<string, unknown>
  budget?: Budget
  /** Continues with the memory and the world of an earlier result. */
  continue?: TaskResult
}
