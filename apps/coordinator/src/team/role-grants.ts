import type { RoleGrant } from '@bailiwick/bus'
import { matchesPattern } from '@bailiwick/core'
import { TOOLBOX_TOOLS } from '@bailiwick/tools/names'
import type { Specialist } from './team.ts'

/** The toolbox's rights on the bus. */
export function toolboxGrant(): RoleGrant {
  return { role: 'toolbox', tools: TOOLBOX_TOOLS }
}

/** The rights of a specialist's hosts on the bus: what its definition asks for, within the operator's ceiling. */
export function hostGrant(
  specialist: Pick<Specialist, 'card' | 'ownTools' | 'member'>,
): Extract<RoleGrant, { role: 'host' }> {
  const { card, ownTools, member } = specialist
  return {
    role: 'host',
    agent: card.name,
    level: member.level ?? card.level,
    tools: card.tools.filter(
      (tool) => member.tools?.some((pattern) => matchesPattern(pattern, tool)) ?? true,
    ),
    serves: ownTools.map((tool) => tool.name),
  }
}
