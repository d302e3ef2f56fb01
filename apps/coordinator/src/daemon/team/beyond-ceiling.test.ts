import { describe, expect, it } from 'vitest'
import { memberSchema } from '../../config/config-schema.ts'
import { beyondCeiling } from './beyond-ceiling.ts'

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
    expect(beyondCeiling([specialist({ tools: ['query*'], imports: [] })])).toEqual([
      'analyst asks for more than the configuration allows it, and works without: tools readPage; imports arquero',
    ])
  })

  it('says nothing where all is allowed, or only the level is another', () => {
    expect(beyondCeiling([specialist({}), specialist({ level: 3, tools: ['*'] })])).toEqual([])
  })
})
