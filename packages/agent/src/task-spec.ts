import { randomUUID } from 'node:crypto'
import {
  type AgentDefinition,
  type AgentRunOptions,
  checkInputName,
  type TaskInput,
  type TaskSpec,
} from '@bailiwick/contract'
import { definedGrant } from '@bailiwick/core'
import { describeInput } from '@bailiwick/core/inputs'

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
    inputs: describedInputs(options.inputs ?? {}),
    results: {},
    grant: { ...grant, budget: { ...grant.budget, ...options.budget } },
    seed: id,
    depth: 0,
  }
}

/** Values by name as a task's inputs: variables of its code, with descriptions for the prompt. */
export function describedInputs(values: Record<string, unknown>): TaskInput[] {
  return Object.entries(values).map(([name, value]) => {
    checkInputName(name)
    return { name, value, description: describeInput(name, value) }
  })
}
