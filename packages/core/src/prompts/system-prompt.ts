import { type AgentDefinition, type ModelMessage, READ_FILE, type TaskSpec } from '@bailiwick/contract'
import { offersReadFile } from '../levels/file-use.ts'
import { outputSchema } from '../schemas/output-schema.ts'
import { FENCE_RULE } from './fence.ts'
import { LEVEL_PROMPTS, type LevelPrompt, type PromptFacts } from './level-prompts.ts'
import { taskPrompt } from './task-prompt.ts'

/** Renders a task's system prompt. It stays the same at every step, so that a provider can cache it. */
export function systemPrompt(definition: AgentDefinition, spec: TaskSpec, prompt?: LevelPrompt): string {
  const own = (prompt ?? LEVEL_PROMPTS[spec.grant.level])(promptFacts(definition, spec))
  return `${own}\n\n${FENCE_RULE}`
}

/** The messages of a task's first model request. */
export function promptFor(definition: AgentDefinition, spec: TaskSpec): ModelMessage[] {
  return [
    { role: 'system', content: systemPrompt(definition, spec) },
    { role: 'user', content: taskPrompt(spec) },
  ]
}

function promptFacts(definition: AgentDefinition, spec: TaskSpec): PromptFacts {
  return {
    name: definition.name,
    description: definition.description,
    instructions: spec.instructions ?? definition.instructions ?? '',
    tools: offersReadFile(spec) ? [...spec.grant.tools, READ_FILE] : spec.grant.tools,
    missing: spec.grant.missing ?? [],
    delegates: spec.grant.delegates,
    imports: spec.grant.imports,
    importPurposes: definition.importPurposes ?? {},
    routes: Object.entries(definition.routes ?? {}).map(([name, { when }]) => ({ name, when })),
    output: outputSchema(definition, spec),
    references: definition.references ?? false,
    ...(spec.reader && { reader: spec.reader }),
  }
}

/** The last prompt and its hash. Most tasks of a host share one, and hashing costs more than a step of the loop. */
let last = { prompt: '', hash: '' }

/** SHA-256 of a system prompt, hex. Together with the journal it determines every model request of an attempt. */
export function promptHash(prompt: string): string {
  // Loads the module on first use, because it takes longer to load than this package.
  const { hash } = process.getBuiltinModule('node:crypto')
  if (prompt !== last.prompt) last = { prompt, hash: hash('sha256', prompt) }
  return last.hash
}
