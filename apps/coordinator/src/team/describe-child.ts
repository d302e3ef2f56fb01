/**
 * Loads one agent package and prints its card. A process of its own, because the package's code is not
 * ours, and the daemon holds the signing key.
 */
import { dirname } from 'node:path'
import { importDefinition } from '@bailiwick/agent/definition'
import { type AgentCard, type AgentDefinition, type ToolCard, toolCard } from '@bailiwick/contract'
import { agentCard, defineAgent } from '@bailiwick/core'
import { checkImports } from '@bailiwick/sandbox/imports'

/** What is printed: the card, and the cards of tools that the definition brings along. */
export interface AgentDescription {
  card: AgentCard
  ownTools: ToolCard[]
}

const [file = ''] = process.argv.slice(2)
const reply = (message: AgentDescription | { error: string }) => process.send?.(message, () => process.exit())

try {
  const loaded: { default?: AgentDefinition } = await importDefinition(file)
  if (loaded.default === undefined) {
    reply({ error: 'it has no default export; wanted: export default defineAgent({ … })' })
  } else {
    const definition = defineAgent(loaded.default)
    checkImports(definition.imports ?? [], dirname(file))
    reply(describe(definition))
  }
} catch (error) {
  reply({ error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) })
}

function describe(definition: AgentDefinition): AgentDescription {
  const own = (definition.tools ?? []).filter((tool) => typeof tool !== 'string')
  return { card: agentCard(definition), ownTools: own.map(toolCard) }
}
