import { InputError } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import { memberSchema } from '../config/config-schema.ts'
import { beyondCeiling } from './check-ceilings.ts'

const card = {
  name: 'analyst',
  description: 'Analyses.',
  level: 5 as const,
  tools: ['queryTables', 'readPage'],
  delegates: [],
  imports: ['arquero'],
}
const specialist = (ceiling: object) => ({ card, member: memberSchema.parse({ agent: 'x', ...ceiling }) })

describe('beyondCeiling', () => {
  it('names what a specialist goes without', () => {
    expect(beyondCeiling([specialist({ tools: ['query*'], imports: [] })], 'drop')).toEqual([
      'analyst asks for more than the configuration allows it, and works without: tools readPage; imports arquero',
    ])
  })

  it('says nothing where all is allowed, or only the level is another', () => {
    for (const what of ['drop', 'refuse'] as const) {
      expect(beyondCeiling([specialist({}), specialist({ level: 3, tools: ['*'] })], what)).toEqual([])
    }
  })

  it('refuses where the operator wants that, and says what is asked, what is allowed and what to do', () => {
    expect(() => beyondCeiling([specialist({ tools: ['query*'], imports: [] })], 'refuse')).toThrow(
      new InputError(
        'analyst asks for more than the configuration allows it: tools readPage; imports arquero (allowed: tools query*; imports none)\n' +
          "lower the definition, widen the ceiling in `team`, or have it work without: beyondCeiling: 'drop'",
      ),
    )
  })
})
