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

/** A tool by its code, by its card, or by the name under which it is registered. */
export type ToolRef = Tool | ToolCard | string

/** What a route of a level-1 agent leads to: a function, a tool, an agent, or a fixed answer. */
export type RouteTarget =
  | ((text: string) => unknown | Promise<unknown>)
  | Tool
  | { agent: string }
  | { answer: Json }

export interface Route {
  /** When this route is the right one, in words for the model. */
  when: string
  to: RouteTarget
}

/** What a check may look at besides the answer. */
export interface AnswerContext {
  /** The task's text. */
  text: string
  /** Asks the agent's model; the reply's text. Journaled, and paid from the task's budget. */
  ask(question: string): Promise<string>
}

/** Looks at a final answer; returns what is wrong with it, in words for the model, or nothing. */
export type AnswerCheck = (
  answer: unknown,
  context: AnswerContext,
) => string | undefined | Promise<string | undefined>

/** An agent, as its author writes it. Plain data: nothing runs when it is defined or loaded. */
export interface AgentDefinition {
  /** 1–63 letters, digits, `_`, `-`. `coordinator` is reserved. */
  name: string
  /** What it is good for, in words for the planner and for other agents. */
  description: string
  level: Level | LevelName
  /** `provider/model`, an alias, or a model object (in-process use). */
  model?: string | Model
  /** Another model for one purpose: a strong one to `plan` or `judge`, a fast one to `act`. Default: `model`. */
  models?: Partial<Record<ModelPurpose, string | Model>>
  /** Added to the level's prompt. Level-neutral: never about JSON calls or code. */
  instructions?: string
  /** Granted tools. */
  tools?: ToolRef[]
  /** Agents it may start (levels 4 and 5): by name, or defined here for in-process use. */
  delegates?: (string | AgentDefinition)[]
  /** Packages its code may import (level 5). They resolve from the package that holds the definition. */
  imports?: string[]
  /** Level 1 only. */
  routes?: Record<string, Route>
  /** Level 1: taken when no valid route was named after the repairs. */
  defaultRoute?: string
  /** The output's schema: zod, or JSON Schema as data. */
  output?: z.ZodType | JsonSchema
  /** All must pass; a failing one's words go back to the model and the loop goes on. */
  checks?: AnswerCheck[]
  /** Plans before step 1 and then every so many steps. Absent: never. */
  planEvery?: number
  budget?: Budget
  approval?: Approval
  /** Level 5 only. */
  limits?: Partial<SandboxLimits>
  /** True: every figure in the output must be a reference to a result; the host fills them in. */
  references?: boolean
}

/** An agent as it is announced: data only. */
export interface AgentCard {
  name: string
  description: string
  level: Level
  tools: string[]
  delegates: string[]
  imports: string[]
  model?: string
  output?: JsonSchema
  /** What a task of its may spend at most, by its own word. */
  budget?: Budget
  /** When its calls need a person's yes, by its own word. Absent: never. */
  approval?: Approval
}

/** A definition at work in this process. */
export interface Agent {
  readonly card: AgentCard
  /** Events in order; the last is `task.ended`. */
  stream(task: string, options?: AgentRunOptions): AsyncIterable<AgentEvent>
  /** The same stream, collected. */
  run(task: string, options?: AgentRunOptions): Promise<TaskResult>
}

export interface AgentRunOptions {
  signal?: AbortSignal
  /** Values or texts by name: described in the prompt, variables in the code. */
  inputs?: Record<string, unknown>
  budget?: Budget
  /** Goes on with the memory and the world of an earlier result. */
  continue?: TaskResult
}
