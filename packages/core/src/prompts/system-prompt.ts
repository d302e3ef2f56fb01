import type { AgentDefinition, Level, ModelMessage, TaskSpec } from '@bailiwick/contract'
import { outputSchema } from '../schemas/output-schema.ts'
import { level0 } from './level-0.ts'
import { level1 } from './level-1.ts'
import { level2 } from './level-2.ts'
import { level3 } from './level-3.ts'
import { level4 } from './level-4.ts'
import { level5 } from './level-prompts.ts'
import type { PromptFacts } from './prompt-facts.ts'
import { taskPrompt } from './task-prompt.ts'

/** A level's prompt, rendered. */
export type LevelPrompt = (facts: PromptFacts) => string

/** The prompt of each level: replace one by passing another function to the loop. */
export const LEVEL_PROMPTS: Readonly<Record<Level, LevelPrompt>> = {
  0: level0,
  1: level1,
  2: level2,
  3: level3,
  4: level4,
  5: level5,
}

/** The system prompt for one task. It is the same at every step: nothing in it counts or tells the time. */
export function systemPrompt(definition: AgentDefinition, spec: TaskSpec, prompt?: LevelPrompt): string {
  return (prompt ?? LEVEL_PROMPTS[spec.grant.level])(promptFacts(definition, spec))
}

/** The messages that the model is sent first for a task. */
export function promptFor(definition: AgentDefinition, spec: TaskSpec): ModelMessage[] {
  return [
    { role: 'system', content: systemPrompt(definition, spec) },
    { role: 'user', content: taskPrompt(spec) },
  ]
}

/** What a level's prompt speaks of, for one task. */
export function promptFacts(definition: AgentDefinition, spec: TaskSpec): PromptFacts {
  return {
    name: definition.name,
    description: definition.description,
    instructions: spec.instructions ?? definition.instructions ?? '',
    tools: spec.grant.tools,
    delegates: spec.grant.delegates,
    imports: spec.grant.imports,
    routes: Object.entries(definition.routes ?? {}).map(([name, { when }]) => ({ name, when })),
    output: outputSchema(definition, spec),
    references: definition.references ?? false,
  }
}
