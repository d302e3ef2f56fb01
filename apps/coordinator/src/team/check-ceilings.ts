import { InputError } from '@bailiwick/contract'
import { exceeds } from '@bailiwick/core'
import type { CheckedConfig, Member } from '../config/config-schema.ts'
import type { Specialist } from './team.ts'

/**
 * Finds the specialists whose definitions exceed the operator's ceilings.
 *
 * @param policy `drop` returns a line for each of them: it works without the excess. `refuse` throws instead
 * @throws InputError with policy `refuse` if a definition exceeds its ceiling
 */
export function checkCeilings(
  specialists: readonly Pick<Specialist, 'card' | 'member'>[],
  policy: CheckedConfig['beyondCeiling'],
): string[] {
  const over = specialists.flatMap(({ card, member }) => {
    // The operator's level is not a ceiling: it replaces the definition's.
    const excess = exceeds(card, { ...member, level: undefined })
    return excess.length === 0 ? [] : [{ name: card.name, member, excess: excess.join('; ') }]
  })
  if (policy === 'drop' || over.length === 0) {
    return over.map(({ name, excess }) => `${name} works without what exceeds its ceiling: ${excess}`)
  }
  const refused = over.map(
    ({ name, member, excess }) => `${name}: expected at most ${allowed(member)}; found also ${excess}.`,
  )
  throw new InputError(
    `${refused.join('\n')}\nReduce the definition, raise the ceiling in \`team\`, or set beyondCeiling: 'drop' to work without the excess.`,
  )
}

function allowed(member: Member): string {
  return (['tools', 'delegates', 'imports'] as const)
    .flatMap((kind) => {
      const names = member[kind]
      return names === undefined ? [] : [`${kind} ${names.join(', ') || 'none'}`]
    })
    .join('; ')
}
