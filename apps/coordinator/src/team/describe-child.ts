/**
 * Describes one agent package to the daemon. It runs in its own process, because the package's code is not ours and the
 * daemon has the signing key.
 */
import { dirname } from 'node:path'
import { importDefinition } from '@bailiwick/agent/definition'
import { type AgentCard, type AgentDefinition, errorText, type ToolCard, toolCard } from '@bailiwick/contract'
import { agentCard, defineAgent } from '@bailiwick/core'
import { checkImports } from '@bailiwick/sandbox/imports'

/** The message to the daemon: the agent's card, and the cards of the tools that its definition contains. */
export interface AgentDescription {
  card: AgentCard
  ownTools: ToolCard[]
}

const [file = ''] = process.argv.slice(2)
const reply = (message: AgentDescription | { error: string }) => process.send?.(message, () => process.exit())

try {
  const loaded: { default?: AgentDefinition } = await importDefinition(file)
  if (loaded.default === undefined) {
    reply({ error: 'expected "export default defineAgent({ … })", found no default export' })
  } else {
    const definition = defineAgent(loaded.default)
    checkImports(definition.imports ?? [], dirname(file))
    reply(describe(definition))
  }
} catch (error) {
  reply({ error: error instanceof Error ? `${error.name}: ${error.message}` : errorText(error) })
}

function describe(definition: AgentDefinition): AgentDescription {
  const own = (definition.tools ?? []).filter((tool) => typeof tool !== 'string')
  return { card: agentCard(definition), ownTools: own.map(toolCard) }
}
