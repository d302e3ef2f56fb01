import type { AgentCard, Budget, DelegateCard, Grant, ToolCard } from '@bailiwick/core/contract'
import type { Member } from '../../config/config-schema.ts'

const APPROVALS = ['never', 'risky', 'always'] as const

/**
 * What an agent may use on one task: what its definition asks for, under the operator's ceiling, as far as
 * it exists. Tools below level 2, delegates below 4 and imports below 5 are none.
 */
export function resolveGrant(options: {
  card: AgentCard
  member: Pick<Member, 'level' | 'tools' | 'delegates' | 'imports' | 'approval'>
  /** Tools that some process hosts. */
  tools: readonly ToolCard[]
  /** Agents that may be started. */
  team: readonly AgentCard[]
  budget: Budget
}): Grant {
  const { card, member, tools, team, budget } = options
  const level = member.level ?? card.level
  const allowed = (wanted: string[], ceiling: string[] | undefined) => (name: string) =>
    wanted.includes(name) && (ceiling === undefined || ceiling.includes(name))
  const mayCall = allowed(card.tools, member.tools)
  const mayStart = allowed(card.delegates, member.delegates)
  return {
    level,
    tools: level >= 2 ? tools.filter(({ name }) => mayCall(name)) : [],
    delegates:
      level >= 4 ? team.filter(({ name }) => name !== card.name && mayStart(name)).map(delegateCard) : [],
    imports:
      level >= 5
        ? card.imports.filter((name) => member.imports === undefined || member.imports.includes(name))
        : [],
    budget,
    approval: APPROVALS.find((approval) => approval === member.approval) ?? 'never',
  }
}

function delegateCard({ name, description, level, output }: AgentCard): DelegateCard {
  return { name, description, level, ...(output === undefined ? {} : { output }) }
}
