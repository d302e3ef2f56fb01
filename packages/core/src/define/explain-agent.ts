import { type AgentDefinition, levelName } from '@bailiwick/contract'
import { definedGrant } from '../levels/defined-grant.ts'
import { nameOf } from './agent-card.ts'

/** Level, tools with effects, delegates, imports, limits and approvals of an agent, as text. */
export function explainAgent(definition: AgentDefinition): string {
  const { level, tools, delegates, imports, budget, approval } = definedGrant(definition)
  const unresolved = (definition.tools ?? []).filter((tool) => typeof tool === 'string')
  const started = delegates.map(({ name, level }) => `${name} (level ${level})`)
  const named = (definition.delegates ?? []).filter((delegate) => typeof delegate === 'string')
  const lines = {
    level: `${level} (${levelName(level)})`,
    tools: [...tools.map(({ name, effect }) => `${name} (effect ${effect})`), ...unresolved].join(', '),
    delegates: [...started, ...named.map(nameOf)].join(', '),
    imports: imports.join(', '),
    routes: Object.keys(definition.routes ?? {}).join(', '),
    budget: listed(budget) || 'no limit but the level’s own',
    limits: listed(definition.limits ?? {}),
    approval: { never: 'never', risky: 'calls of effect once', always: 'every call' }[approval],
  }
  const shown = Object.entries(lines).map(([name, text]) => `${name.padEnd(11)}${text || 'none'}`)
  return [`${definition.name}: ${definition.description}`, ...shown].join('\n')
}

function listed(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
