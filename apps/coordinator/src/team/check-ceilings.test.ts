import { InputError } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { memberSchema } from '../config/config-schema.ts'
import { checkCeilings } from './check-ceilings.ts'

const card = {
  name: 'analyst',
  description: 'Analyses.',
  level: 5 as const,
  tools: ['queryTables', 'readPage'],
  delegates: [],
  imports: ['arquero'],
}
const specialist = (ceiling: object) => ({ card, member: memberSchema.parse({ agent: 'x', ...ceiling }) })

describe('checkCeilings', () => {
  it('lists the excess of a specialist', () => {
    expect(checkCeilings([specialist({ tools: ['query*'], imports: [] })], 'drop')).toEqual([
      'analyst works without what exceeds its ceiling: tools readPage; imports arquero',
    ])
  })

  it('returns nothing if a definition keeps to its ceiling, or only its level differs', () => {
    for (const what of ['drop', 'refuse'] as const) {
      expect(checkCeilings([specialist({}), specialist({ level: 3, tools: ['*'] })], what)).toEqual([])
    }
  })

  it('throws with policy refuse, and says what is allowed, what exceeds it and what to do', () => {
    expect(() => checkCeilings([specialist({ tools: ['query*'], imports: [] })], 'refuse')).toThrow(
      new InputError(
        'analyst: expected at most tools query*; imports none; found also tools readPage; imports arquero.\n' +
          "Reduce the definition, raise the ceiling in `team`, or set beyondCeiling: 'drop' to work without the excess.",
      ),
    )
  })
})
