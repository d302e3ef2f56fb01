import { describe, expect, it } from 'vitest'
import { checkedValue } from './daemon-target.ts'

describe('the value to check of an answer', () => {
  it.each<[unknown, unknown]>([
    ['150 days', '150 days'],
    [
      { mean: 2, days: 3 },
      { mean: 2, days: 3 },
    ],
    [{ answer: 'On **150** days.', data: 150 }, 150],
    [{ answer: 'On **150** days.', data: { wetDays: 150 } }, 150],
    [{ answer: 'It is **Berlin**.' }, 'It is **Berlin**.'],
    [{ answer: 'The data cannot tell.', data: null }, null],
    [{ answer: 'The data cannot tell.', data: { mean: null } }, null],
    [{ answer: 'TX, CA', data: { states: ['TX', 'CA'] } }, ['TX', 'CA']],
    [
      { answer: 'both', data: { roof: 6, gate: 9 } },
      { roof: 6, gate: 9 },
    ],
    [
      { answer: 1, cause: 'x' },
      { answer: 1, cause: 'x' },
    ],
  ])('of %j is %j', (answer, value) => {
    expect(checkedValue(answer)).toEqual(value)
  })
})
