/** An agent in your process: ten lines, no daemon, no broker. */

export type { AgentDefinition, AgentEvent, AgentRunOptions, TaskResult, Tool } from '@bailiwick/contract'
export { defineAgent, defineTool } from '@bailiwick/core'
export { Agent, type AgentOptions } from './agent.ts'
