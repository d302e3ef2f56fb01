import type { Budget } from '../contract/budget.ts'
import type { Grant } from '../contract/grant.ts'
import type { Level } from '../contract/level.ts'

const APPROVALS = ['never', 'risky', 'always'] as const

/** The smaller of two grants in everything: tools, delegates, imports, budget; the stricter approval. */
export function intersectGrants(asked: Grant, allowed: Partial<Grant>): Grant {
  const named = <T extends { name: string }>(mine: T[], theirs: { name: string }[] | undefined) =>
    theirs === undefined ? mine : mine.filter(({ name }) => theirs.some((other) => other.name === name))
  const level = allowed.level === undefined ? asked.level : (Math.min(asked.level, allowed.level) as Level)
  const stricter = Math.max(APPROVALS.indexOf(asked.approval), APPROVALS.indexOf(allowed.approval ?? 'never'))
  return {
    level,
    tools: level >= 2 ? named(asked.tools, allowed.tools) : [],
    delegates: level >= 4 ? named(asked.delegates, allowed.delegates) : [],
    imports:
      level >= 5
        ? asked.imports.filter((name) => allowed.imports === undefined || allowed.imports.includes(name))
        : [],
    budget: smallerBudget(asked.budget, allowed.budget ?? {}),
    approval: APPROVALS[stricter] ?? 'always',
  }
}

/** The definition's grant under every ceiling: the operator's, the task's, the parent's. */
export function effectiveGrant(asked: Grant, ...ceilings: Partial<Grant>[]): Grant {
  return ceilings.reduce<Grant>(intersectGrants, intersectGrants(asked, {}))
}

function smallerBudget(a: Budget, b: Budget): Budget {
  const budget: Budget = { ...a }
  for (const [limit, value] of Object.entries(b) as [keyof Budget, number | undefined][]) {
    if (value !== undefined) budget[limit] = Math.min(value, budget[limit] ?? value)
  }
  return budget
}
