import { InputError } from '@bailiwick/contract'
import { exceeds } from '@bailiwick/core'
import type { CheckedConfig, Member } from '../config/config-schema.ts'
import type { Specialist } from './team.ts'

/**
 * A line for each specialist that asks for more than the operator lets it: it works without that.
 *
 * @throws InputError in place of the lines where the operator has that refused
 */
export function beyondCeiling(
  specialists: readonly Pick<Specialist, 'card' | 'member'>[],
  what: CheckedConfig['beyondCeiling'],
): string[] {
  const over = specialists.flatMap(({ card, member }) => {
    // The operator's level is no ceiling: it replaces the definition's.
    const asked = exceeds(card, { ...member, level: undefined })
    return asked.length === 0 ? [] : [{ name: card.name, member, asked: asked.join('; ') }]
  })
  if (what === 'drop' || over.length === 0) {
    return over.map(
      ({ name, asked }) =>
        `${name} asks for more than the configuration allows it, and works without: ${asked}`,
    )
  }
  const refused = over.map(
    ({ name, member, asked }) =>
      `${name} asks for more than the configuration allows it: ${asked} (allowed: ${allowed(member)})`,
  )
  throw new InputError(
    `${refused.join('\n')}\nlower the definition, widen the ceiling in \`team\`, or have it work without: beyondCeiling: 'drop'`,
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
