/**
 * Describes agent packages to the daemon. It runs in its own process, because their code is not ours and the daemon has
 * the signing key.
 */
import { dirname } from 'node:path'
import { importDefinition } from '@bailiwick/agent/definition'
import { type AgentCard, type AgentDefinition, errorText, type ToolCard, toolCard } from '@bailiwick/contract'
import { agentCard, defineAgent } from '@bailiwick/core'
import { checkImports } from '@bailiwick/sandbox/imports'

/** An agent's card, and the cards of the tools that its definition contains. */
export interface AgentDescription {
  card: AgentCard
  ownTools: ToolCard[]
}

/** The message to the daemon about one of the files, in their order. */
export type DescribeMessage = AgentDescription | { error: string }

for (const file of process.argv.slice(2)) await send(await describeFile(file))
process.exit()

function send(message: DescribeMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined) resolve()
    else process.send(message, () => resolve())
  })
}

async function describeFile(file: string): Promise<DescribeMessage> {
  try {
    const loaded: { default?: AgentDefinition } = await importDefinition(file)
    if (loaded.default === undefined) {
      return { error: 'expected "export default defineAgent({ … })", found no default export' }
    }
    const definition = defineAgent(loaded.default)
    checkImports(definition.imports ?? [], dirname(file))
    return describe(definition)
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}` : errorText(error) }
  }
}

function describe(definition: AgentDefinition): AgentDescription {
  const own = (definition.tools ?? []).filter((tool) => typeof tool !== 'string')
  return { card: agentCard(definition), ownTools: own.map(toolCard) }
}
