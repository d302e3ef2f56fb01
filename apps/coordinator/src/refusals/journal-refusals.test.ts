import { describe, expect, it } from 'vitest'
import { RefusalTallies } from './journal-refusals.ts'

const SECOND = 1_000
const DAY = 24 * 3_600 * SECOND

function refused(subject: string, user = 'analyst') {
  return { refused: [{ user, action: 'publish' as const, subject }], incomplete: false }
}

describe('RefusalTallies', () => {
  it('tells the first at once, and counts what follows', () => {
    const tallies = new RefusalTallies()
    tallies.add(refused('a'))
    expect(tallies.take(0)).toEqual([
      {
        type: 'access.refused',
        at: 0,
        user: 'analyst',
        action: 'publish',
        subjects: ['a'],
        count: 1,
        atLeast: false,
      },
    ])
    for (const subject of ['b', 'b', 'c']) tallies.add(refused(subject))
    expect(tallies.take(9 * SECOND)).toEqual([])
    expect(tallies.take(10 * SECOND)).toMatchObject([{ subjects: ['b', 'c'], count: 3 }])
    expect(tallies.take(80 * SECOND)).toEqual([])
  })

  it('keeps users apart: a flood of one does not hide another', () => {
    const tallies = new RefusalTallies()
    tallies.add(refused('a'))
    tallies.take(0)
    for (let n = 0; n < 1_000; n++) tallies.add(refused(`a${n}`))
    tallies.add(refused('b', 'writer'))
    expect(tallies.take(1)).toMatchObject([{ user: 'writer', count: 1 }])
    expect(tallies.take(10 * SECOND)).toMatchObject([{ user: 'analyst', count: 1_000 }])
  })

  it.each([
    ['a flood', 1],
    ['a drop every eleven seconds', 11],
  ])('tells %s of a whole day less than thirty times, and counts all', (_, every) => {
    const tallies = new RefusalTallies()
    const told = []
    let sent = 0
    for (let now = 0; now < DAY; now += every * SECOND) {
      tallies.add(refused('a'))
      sent += 1
      told.push(...tallies.take(now))
    }
    told.push(...tallies.take(2 * DAY))
    expect(told.length).toBeLessThan(30)
    expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(sent)
    expect(tallies.take(4 * DAY)).toEqual([])
  })

  it('says that a count is the least where not all was read', () => {
    const tallies = new RefusalTallies()
    tallies.add({ ...refused('a'), incomplete: true })
    expect(tallies.take(0)).toMatchObject([{ count: 1, atLeast: true }])
    tallies.add({ refused: [{ action: 'connect' }], incomplete: false })
    expect(tallies.take(1)).toMatchObject([{ user: 'unknown', action: 'connect', atLeast: false }])
  })
})
