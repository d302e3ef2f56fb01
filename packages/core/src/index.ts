/** Contract: what every package speaks. */

/** Replies and answers. */
export { type FilledText, fillReferences } from './answer/fill-references.ts'
export { judge } from './answer/judge.ts'
export { type ReplayedStep, type ReplayOptions, replayTask } from './code/replay-task.ts'
export * from './contract/index.ts'
/** Define agents and tools. */
export { agentCard } from './define/agent-card.ts'
export { checkDefinition } from './define/check-definition.ts'
export { defineAgent } from './define/define-agent.ts'
export { defineTool, type ToolOptions } from './define/define-tool.ts'
export { explainAgent } from './define/explain-agent.ts'
export { functionName } from './define/function-name.ts'
/** The loop, and the gate that its calls pass. */
export type { Approve } from './gate/ask-person.ts'
export { createGate, type GateOptions } from './gate/create-gate.ts'
export { DELEGATE_INPUT, type Delegate, type DelegateRequest } from './gate/delegation.ts'
export { nearestNames, unknownName } from './gate/nearest-name.ts'
export { Spending } from './gate/spend.ts'
export { checkValue } from './gate/validate-input.ts'
/** Journal and memory: state is a fold, messages are a function of it. */
export { JournalWriter } from './journal/journal-writer.ts'
export { MemoryJournal, memoryJournal } from './journal/memory-journal.ts'
/** Levels: what an agent may do, and what of it is granted. */
export { definedGrant, type GrantSources } from './levels/defined-grant.ts'
export { type Ceiling, effectiveGrant, exceeds } from './levels/effective-grant.ts'
export { LEVEL_TABLE, type LevelRules } from './levels/level-table.ts'
export { matchesPattern } from './levels/match-pattern.ts'
export type { RoutedTask } from './levels/route-tools.ts'
export { type Callbacks, callBack } from './loop/call-back.ts'
export { runLoop } from './loop/run-loop.ts'
export type { LoopOptions } from './loop/task-run.ts'
export { describeInput, type InputFile } from './memory/describe-input.ts'
export { applyRecord, foldRecords } from './memory/fold-records.ts'
export type { CallState, Chapter, StepState, TaskState } from './memory/task-state.ts'
export { toMessages } from './memory/to-messages.ts'
export { type CodeTest, type ParsedReply, parseCalls, parseCode, parseText } from './parse/parse-reply.ts'

/** Prompts. */
export { declareDelegates, declareTools } from './prompts/declarations.ts'
export type { PromptFacts } from './prompts/prompt-facts.ts'
export {
  LEVEL_PROMPTS,
  type LevelPrompt,
  promptFacts,
  promptFor,
  systemPrompt,
} from './prompts/system-prompt.ts'
export { taskPrompt } from './prompts/task-prompt.ts'
