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
  const missing = card.tools.filter((asked) => !tools.some(({ name }) => name === asked))
  const asked: Grant = {
    level,
    tools: tools.filter(({ name }) => card.tools.includes(name)),
    missing,
    delegates: team
      .filter(({ name }) => name !== card.name && card.delegates.includes(name))
      .map(delegateCard),
    imports: card.imports,
    budget: card.budget ?? {},
    approval: card.approval ?? 'never',
  }
  const grant = effectiveGrant(asked, ceiling, { budget })
  return LEVELS_WITH_CALLS.has(grant.level) ? { ...grant, ...othersOf(grant, options) } : grant
}

const LEVELS_WITH_CALLS = new Set<number>([2, 3, 4, 5])
/** Names of each kind that a grant lists of what it does not allow. */
const MAX_OTHERS = 100

/** The tools and agents that exist and that the grant does not allow. */
function othersOf(
  grant: Grant,
  { card, tools, team }: { card: AgentCard; tools: readonly ToolCard[]; team: readonly AgentCard[] },
): Pick<Grant, 'others'> {
  const without = (all: readonly { name: string }[], granted: readonly { name: string }[]) =>
    all
      .map(({ name }) => name)
      .filter((name) => !granted.some((one) => one.name === name))
      .slice(0, MAX_OTHERS)
  const others = {
    tools: without(tools, grant.tools),
    agents: without(team, grant.delegates).filter((name) => name !== card.name),
  }
  return others.tools.length + others.agents.length > 0 ? { others } : {}
}

function delegateCard({ name, description, level, output }: AgentCard): DelegateCard {
  return { name, description, level, ...(output !== undefined && { output }) }
}
