import {
  type AgentDefinition,
  type DelegateCard,
  type Grant,
  type Level,
  levelNumber,
  type ToolCard,
  toolCard,
} from '@bailiwick/contract'
import { outputSchema } from '../schemas/output-schema.ts'
import { effectiveGrant } from './grant.ts'

/** By what a definition's bare names are resolved, and what replaces its level. */
export interface GrantSources {
  /** An operator may lower or raise a definition's level. */
  level?: Level
  /** Registered tools. */
  tools?: readonly ToolCard[]
  /** Agents that may be started. */
  agents?: readonly DelegateCard[]
}

/** What a definition asks for. Tools and delegates that are only named and that nobody knows are left out. */
export function definedGrant(definition: AgentDefinition, sources: GrantSources = {}): Grant {
  const { tools = [], delegates = [], imports = [], budget = {}, approval = 'never' } = definition
  return effectiveGrant({
    level: sources.level ?? levelNumber(definition.level),
    tools: tools.flatMap((tool) =>
      typeof tool === 'string'
        ? (sources.tools?.filter(({ name }) => name === tool) ?? [])
        : [toolCard(tool)],
    ),
    delegates: delegates.flatMap((delegate) =>
      typeof delegate === 'string'
        ? (sources.agents?.filter(({ name }) => name === delegate) ?? [])
        : [delegateCard(delegate)],
    ),
    imports,
    budget,
    approval,
  })
}

function delegateCard(definition: AgentDefinition): DelegateCard {
  const { name, description, level } = definition
  const output = outputSchema(definition)
  return { name, description, level: levelNumber(level), ...(output && { output }) }
}
