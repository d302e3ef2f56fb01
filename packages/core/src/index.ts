// biome-ignore-all assist/source/organizeImports: grouped by the readers that need them
/** Agents with an enforced agency level, and the loop that runs them. */

// For authors of agents and tools. The rest of the contract is `@bailiwick/contract`.
export {
  type AgentCard,
  type AgentDefinition,
  type AnswerCheck,
  type AnswerContext,
  type Approval,
  BailiwickError,
  type Budget,
  type CallContext,
  type Effect,
  InputError,
  type JsonSchema,
  type Level,
  type LevelName,
  type Model,
  type ModelMessage,
  NO_USAGE,
  type Route,
  type RouteTarget,
  type TaskResult,
  type Tool,
  type ToolCard,
  TransientError,
  type Usage,
} from '@bailiwick/contract'
export { defineAgent, ownTools } from './define/define-agent.ts'
export { defineTool, type ToolOptions } from './define/define-tool.ts'
export { judge } from './answer/judge.ts'
export { type ReadableAnswer, readableAnswer } from './answer/readable-answer.ts'
export { reportWithSources } from './answer/report-sources.ts'
export { exhaustedResult } from './answer/task-result.ts'
export { explainAgent } from './define/explain-agent.ts'
export { agentCard } from './define/agent-card.ts'

// Levels and grants.
export {
  type Ceiling,
  definedGrant,
  effectiveGrant,
  exceeds,
  type GrantSources,
  matchesPattern,
} from './levels/grant.ts'

// Inputs.
export { storedInputs, taskInputs } from './schemas/task-inputs.ts'

// The loop.
export { runLoop } from './loop/run-loop.ts'
export { type RebuiltRequest, rebuildRequests } from './loop/rebuild-requests.ts'
export type { LoopOptions } from './attempt/attempt.ts'
export { type Callbacks, callBack } from './loop/callbacks.ts'
export { DEFAULT_RETRY_LIMITS, type RetryLimits } from './gate/retry-transient.ts'
export type { Approve } from './gate/ask-person.ts'
export type { Delegate, DelegateRequest } from './gate/delegation.ts'

// Prompts. `LoopOptions.prompt` replaces the level's prompt.
export { fence } from './prompts/fence.ts'
export { LEVEL_PROMPTS, type LevelPrompt, type PromptFacts } from './prompts/level-prompts.ts'
export { promptFor } from './prompts/system-prompt.ts'
