import { exceeds } from '@bailiwick/core'
import type { Specialist } from './team.ts'

/** A line for each specialist that asks for more than the operator lets it: it works without that. */
export function beyondCeiling(specialists: readonly Pick<Specialist, 'card' | 'member'>[]): string[] {
  return specialists.flatMap(({ card, member }) => {
    // The operator's level is no ceiling: it replaces the definition's.
    const over = exceeds(card, { ...member, level: undefined })
    return over.length === 0
      ? []
      : [`${card.name} asks for more than the configuration allows it, and works without: ${over.join('; ')}`]
  })
}
