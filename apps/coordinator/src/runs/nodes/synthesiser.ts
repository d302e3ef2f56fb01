import type { AgentDefinition } from '@bailiwick/contract'

/** The level-0 agent that writes the answer if the team has no writer. */
export const SYNTHESISER: AgentDefinition = {
  name: 'synthesiser',
  description: 'Writes the answer from the results.',
  level: 0,
  instructions: `You are given what was asked and the results of the specialists. Write the answer in Markdown,
in the language and length that the request asks for: first the answer itself, then what supports it. Use only what the
results say.`,
  references: true,
}
