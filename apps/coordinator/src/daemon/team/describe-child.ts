/**
 * Loads one agent package and prints its card. A process of its own, because the package's code is not
 * ours, and the daemon holds the signing key.
 */
import { pathToFileURL } from 'node:url'
import { defineAgent } from '@bailiwick/core'
import {
  type AgentCard,
  type AgentDefinition,
  levelSchema,
  type ToolCard,
  toolCard,
} from '@bailiwick/core/contract'
import { z } from 'zod'

/** What is printed: the card, and the cards of tools that the definition brings along. */
export interface AgentDescription {
  card: AgentCard
  ownTools: ToolCard[]
}

const [file = ''] = process.argv.slice(2)
const reply = (message: AgentDescription | { error: string }) => process.send?.(message, () => process.exit())

try {
  const loaded: { default?: AgentDefinition } = await import(pathToFileURL(file).href)
  if (loaded.default === undefined) {
    reply({ error: 'it has no default export; wanted: export default defineAgent({ … })' })
  } else {
    reply(describe(defineAgent(loaded.default)))
  }
} catch (error) {
  reply({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
}

function describe(definition: AgentDefinition): AgentDescription {
  const { name, description, level, tools = [], delegates = [], imports = [], model, output } = definition
  return {
    card: {
      name,
      description,
      level: levelSchema.parse(level),
      tools: tools.map((tool) => (typeof tool === 'string' ? tool : tool.name)),
      delegates: delegates.map((delegate) => (typeof delegate === 'string' ? delegate : delegate.name)),
      imports,
      ...(typeof model === 'string' ? { model } : {}),
      ...(output === undefined
        ? {}
        : { output: output instanceof z.ZodType ? z.toJSONSchema(output) : output }),
    },
    ownTools: tools.flatMap((tool) => (typeof tool === 'string' ? [] : [toolCard(tool)])),
  }
}
