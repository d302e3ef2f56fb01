// biome-ignore-all assist/source/organizeImports: in the order of what is for whom
/** The agent: what it may do, and the loop that works. */

// For whoever writes an agent or a tool. The rest of the contract is `@bailiwick/contract`, for whoever hosts them.
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
  type Usage,
} from '@bailiwick/contract'
export { defineAgent } from './define/define-agent.ts'
export { defineTool, type ToolOptions } from './define/define-tool.ts'
export { judge } from './answer/judge.ts'
export { checkDefinition } from './define/check-definition.ts'
export { explainAgent } from './define/explain-agent.ts'
export { agentCard } from './define/agent-card.ts'

// Levels: what an agent may do, and what of it is granted.
export { LEVEL_TABLE, type LevelRules } from './levels/level-table.ts'
export { definedGrant, type GrantSources } from './levels/defined-grant.ts'
export { type Ceiling, effectiveGrant, exceeds } from './levels/grant.ts'
export { matchesPattern } from './levels/match-pattern.ts'
export type { RoutedTask } from './levels/route-tools.ts'

// The loop, whom it asks and whom it starts.
export { runLoop } from './loop/run-loop.ts'
export type { LoopOptions } from './attempt/attempt.ts'
export { type Callbacks, callBack } from './loop/callbacks.ts'
export type { Approve } from './gate/ask-person.ts'
export type { Delegate, DelegateRequest } from './gate/delegation.ts'

// Memory: the model's messages are a function of the task's state.
export { toMessages } from './memory/to-messages.ts'

// From results to an answer.
export { type FilledText, fillReferences } from './answer/fill-references.ts'

// Prompts: each may be replaced.
export {
  LEVEL_PROMPTS,
  type LevelPrompt,
  promptFacts,
  promptFor,
  systemPrompt,
} from './prompts/system-prompt.ts'
export type { PromptFacts } from './prompts/prompt-facts.ts'
export { taskPrompt } from './prompts/task-prompt.ts'
export { declareDelegates, declareTools } from './prompts/declarations.ts'
