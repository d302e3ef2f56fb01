import { type AgentDefinition, levelName } from '@bailiwick/contract'
import { definedGrant, nameOf } from '../levels/grant.ts'

/** Describes an agent as text: level, tools with effects, delegates, imports, limits and approvals. */
export function explainAgent(definition: AgentDefinition): string {
  const { level, tools, delegates, imports, budget, approval } = definedGrant(definition)
  const namedTools = (definition.tools ?? []).filter((tool) => typeof tool === 'string')
  const started = delegates.map(({ name, level }) => `${name} (level ${level})`)
  const namedDelegates = (definition.delegates ?? []).filter((delegate) => typeof delegate === 'string')
  const lines = {
    level: `${level} (${levelName(level)})`,
    tools: [...tools.map(({ name, effect }) => `${name} (effect ${effect})`), ...namedTools].join(', '),
    delegates: [...started, ...namedDelegates.map(nameOf)].join(', '),
    imports: imports.join(', '),
    routes: Object.keys(definition.routes ?? {}).join(', '),
    budget: list(budget) || 'no limit except the level’s own',
    limits: list(definition.limits ?? {}),
    approval: { never: 'never', risky: 'calls of effect once', always: 'every call' }[approval],
  }
  const shown = Object.entries(lines).map(([name, text]) => `${name.padEnd(11)}${text || 'none'}`)
  return [`${definition.name}: ${definition.description}`, ...shown].join('\n')
}

function list(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}
