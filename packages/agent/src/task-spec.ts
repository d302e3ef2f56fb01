import { randomUUID } from 'node:crypto'
import { definedGrant, describeInput } from '@bailiwick/core'
import type { AgentDefinition, AgentRunOptions, TaskSpec } from '@bailiwick/core/contract'

/** A task of this process for one agent: the definition's grant, the inputs as described values. */
export function taskSpec(definition: AgentDefinition, text: string, options: AgentRunOptions): TaskSpec {
  const id = randomUUID()
  const inputs = Object.entries(options.inputs ?? {}).map(([name, value]) => ({
    name,
    value,
    description: describeInput(name, value),
  }))
  const grant = definedGrant(definition)
  return {
    run: id,
    task: id,
    agent: definition.name,
    name: 'task',
    text,
    inputs,
    results: {},
    grant: { ...grant, budget: { ...grant.budget, ...options.budget } },
    seed: id,
    depth: 0,
  }
}
