import type { TaskSpec } from '../../packages/contract/dist/index.js'
import { type AgentDefinition, definedGrant, defineTool } from '../../packages/core/dist/index.js'
import { z } from './zod.ts'

/** The tool of the rounds and steps that are measured. */
export const add = defineTool({
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number() }),
  effect: 'none',
  run: ({ a, b }) => a + b,
})

/** A task without inputs for a definition, as its creator would write it. */
export function benchTask(definition: AgentDefinition, id: string, text: string): TaskSpec {
  return {
    run: id,
    owner: 'user',
    task: id,
    agent: definition.name,
    name: 't1',
    text,
    inputs: [],
    results: {},
    grant: definedGrant(definition),
    seed: id,
    depth: 0,
  }
}
