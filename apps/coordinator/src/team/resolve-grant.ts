import type { AgentCard, Budget, DelegateCard, Grant, ToolCard } from '@bailiwick/contract'
import { type Ceiling, effectiveGrant } from '@bailiwick/core'

/** The grant of one task: what its agent's definition asks for, within the operator's ceiling, as far as it exists. */
export function resolveGrant(options: {
  card: AgentCard
  /** The operator's ceiling. Its level replaces the definition's. */
  member: Ceiling
  /** Tools that a process hosts. */
  tools: readonly ToolCard[]
  /** Agents that may be started. */
  team: readonly AgentCard[]
  /** The task's budget. */
  budget: Budget
}): Grant {
  const { card, member, tools, team, budget } = options
  const { level = card.level, ...ceiling } = member
  const asked: Grant = {
    level,
    tools: tools.filter(({ name }) => card.tools.includes(name)),
    delegates: team
      .filter(({ name }) => name !== card.name && card.delegates.includes(name))
      .map(delegateCard),
    imports: card.imports,
    budget: card.budget ?? {},
    approval: card.approval ?? 'never',
  }
  return effectiveGrant(asked, ceiling, { budget })
}

function delegateCard({ name, description, level, output }: AgentCard): DelegateCard {
  return { name, description, level, ...(output !== undefined && { output }) }
}
