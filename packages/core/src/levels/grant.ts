import {
  type AgentCard,
  type AgentDefinition,
  type Approval,
  type Budget,
  type DelegateCard,
  type Grant,
  type Level,
  levelNumber,
  type ToolCard,
  toolCard,
} from '@bailiwick/contract'
import { outputSchema } from '../schemas/output-schema.ts'
import { LEVEL_TABLE } from './level-table.ts'

/** Resolves a definition's bare names, and overrides its level. */
export interface GrantSources {
  /** Replaces the definition's level: an operator may lower or raise it. */
  level?: Level
  /** Registered tools. */
  tools?: readonly ToolCard[]
  /** Agents that may be started. */
  agents?: readonly DelegateCard[]
}

/** The grant that a definition asks for. Leaves out names that the sources do not know. */
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

/** An upper bound on a grant. A field that is absent limits nothing. Names may be patterns with `*`. */
export interface Ceiling {
  level?: Level | undefined
  tools?: readonly (string | { name: string })[] | undefined
  delegates?: readonly (string | { name: string })[] | undefined
  imports?: readonly string[] | undefined
  budget?: Budget | undefined
  approval?: Approval | undefined
}

/**
 * Reduces a grant to what every ceiling allows: the operator's, the task's, and the parent's delegable grant.
 * A ceiling only takes away. Drops everything that the resulting level cannot use.
 */
export function effectiveGrant(asked: Grant, ...ceilings: Ceiling[]): Grant {
  const level = Math.min(asked.level, ...ceilings.map(({ level = 5 }) => level)) as Level
  const rules = LEVEL_TABLE[level]
  const allowed = (kind: 'tools' | 'delegates' | 'imports', name: string) =>
    ceilings.every((ceiling) => allows(ceiling, kind, name))
  const missing = rules.rounds > 0 ? (asked.missing ?? []).filter((name) => allowed('tools', name)) : []
  return {
    level,
    tools: rules.rounds > 0 ? asked.tools.filter(({ name }) => allowed('tools', name)) : [],
    ...(missing.length > 0 && { missing }),
    delegates: rules.delegates ? asked.delegates.filter(({ name }) => allowed('delegates', name)) : [],
    imports: rules.action === 'code' ? asked.imports.filter((name) => allowed('imports', name)) : [],
    budget: leastBudget(asked.budget, ...ceilings.map(({ budget }) => budget ?? {})),
    approval: strictest(asked.approval, ...ceilings.map(({ approval }) => approval ?? 'never')),
  }
}

/** Describes everything that a card asks for and a ceiling does not allow. Empty if the card fits. */
export function exceeds(
  asked: Pick<AgentCard, 'level' | 'tools' | 'delegates' | 'imports'>,
  ceiling: Ceiling,
): string[] {
  const { level = 5 } = ceiling
  const problems = level < asked.level ? [`level ${asked.level}, and ${level} is allowed`] : []
  for (const kind of ['tools', 'delegates', 'imports'] as const) {
    const over = asked[kind].filter((name) => !allows(ceiling, kind, name))
    if (over.length > 0) problems.push(`${kind} ${over.join(', ')}`)
  }
  return problems
}

function allows(ceiling: Ceiling, kind: 'tools' | 'delegates' | 'imports', name: string): boolean {
  return ceiling[kind]?.some((one) => matchesPattern(nameOf(one), name)) ?? true
}

/** The name of a tool or delegate, given as its name or as an object. */
export function nameOf(named: string | { name: string }): string {
  return typeof named === 'string' ? named : named.name
}

/** Matches a name against a pattern. `*` stands for any characters: `sql_*`, `lodash-es/*`, `*`. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return name === pattern
  if (!name.startsWith(head)) return false
  let from = head.length
  for (const [index, part] of rest.entries()) {
    const at = index === rest.length - 1 ? name.length - part.length : name.indexOf(part, from)
    if (at < from || !name.startsWith(part, at)) return false
    from = at + part.length
  }
  return true
}

function leastBudget(...budgets: Budget[]): Budget {
  const least: Budget = {}
  for (const budget of budgets) {
    for (const limit of ['steps', 'tokens', 'cost', 'wallMs', 'calls'] as const) {
      const value = budget[limit]
      if (value !== undefined) least[limit] = Math.min(value, least[limit] ?? value)
    }
  }
  return least
}

function strictest(...approvals: Approval[]): Approval {
  return (['always', 'risky'] as const).find((approval) => approvals.includes(approval)) ?? 'never'
}
