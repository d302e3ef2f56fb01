/** An agent in your process, without a daemon or a broker. */

export type { AgentDefinition, AgentEvent, AgentRunOptions, TaskResult, Tool } from '@bailiwick/contract'
export { defineAgent, defineTool, TransientError } from '@bailiwick/core'
export { Agent, type AgentOptions } from './agent.ts'
export { lazySandbox } from './lazy-sandbox.ts'
