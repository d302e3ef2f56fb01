import type { AgentCard, Approval, Budget, Grant, Level } from '@bailiwick/contract'
import { nameOf } from '../define/agent-card.ts'
import { LEVEL_TABLE } from './level-table.ts'
import { matchesPattern } from './match-pattern.ts'

/** What somebody allows at most. What it does not name, it does not limit; names may be patterns with `*`. */
export interface Ceiling {
  level?: Level | undefined
  tools?: readonly (string | { name: string })[] | undefined
  delegates?: readonly (string | { name: string })[] | undefined
  imports?: readonly string[] | undefined
  budget?: Budget | undefined
  approval?: Approval | undefined
}

/**
 * What is asked for under every ceiling: the operator's, the task's, the parent's delegable grant. Each
 * only takes away. What the resulting level has no use for is left out.
 */
export function effectiveGrant(asked: Grant, ...ceilings: Ceiling[]): Grant {
  const level = Math.min(asked.level, ...ceilings.map(({ level = 5 }) => level)) as Level
  const rules = LEVEL_TABLE[level]
  const allowed = (kind: 'tools' | 'delegates' | 'imports', name: string) =>
    ceilings.every((ceiling) => allows(ceiling, kind, name))
  return {
    level,
    tools: rules.rounds > 0 ? asked.tools.filter(({ name }) => allowed('tools', name)) : [],
    delegates: rules.delegates ? asked.delegates.filter(({ name }) => allowed('delegates', name)) : [],
    imports: rules.action === 'code' ? asked.imports.filter((name) => allowed('imports', name)) : [],
    budget: leastBudget(asked.budget, ...ceilings.map(({ budget }) => budget ?? {})),
    approval: strictest(asked.approval, ...ceilings.map(({ approval }) => approval ?? 'never')),
  }
}

/** What a definition asks for and a ceiling does not allow, in words; empty when it fits. */
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
