import { randomUUID } from 'node:crypto'
import type { AgentDefinition, AgentRunOptions, TaskSpec } from '@bailiwick/contract'
import { definedGrant, taskInputs } from '@bailiwick/core'

/** The spec of a task in this process, with the definition's own grant. */
export function taskSpec(definition: AgentDefinition, text: string, options: AgentRunOptions): TaskSpec {
  const id = randomUUID()
  const grant = definedGrant(definition)
  return {
    run: id,
    owner: 'user',
    task: id,
    agent: definition.name,
    name: 'task',
    text,
    inputs: taskInputs(options.inputs ?? {}),
    results: {},
    grant: { ...grant, budget: { ...grant.budget, ...options.budget } },
    seed: id,
    depth: 0,
  }
}
