/** An agent in your process: ten lines, no daemon, no broker. */
export { defineAgent, defineTool } from '@bailiwick/core'
export type { AgentDefinition, AgentEvent, AgentRunOptions, TaskResult, Tool } from '@bailiwick/core/contract'
export { Agent, type AgentOptions } from './agent.ts'
