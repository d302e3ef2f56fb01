import { describe, expect, it } from 'vitest'
import { RefusalTallies } from './journal-refusals.ts'

const SECOND = 1_000
const DAY = 24 * 3_600 * SECOND

function refused(subject: string, user = 'analyst') {
  return { refused: [{ user, action: 'publish' as const, subject }], incomplete: false }
}

describe('RefusalTallies', () => {
  it('reports the first refusal at once, and counts the next ones', () => {
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

  it('counts users separately, so that a flood of one does not hide another', () => {
    const tallies = new RefusalTallies()
    tallies.add(refused('a'))
    tallies.take(0)
    for (let n = 0; n < 1_000; n++) tallies.add(refused(`a${n}`))
    tallies.add(refused('b', 'writer'))
    expect(tallies.take(1)).toMatchObject([{ user: 'writer', count: 1 }])
    expect(tallies.take(10 * SECOND)).toMatchObject([{ user: 'analyst', count: 1_000 }])
  })

  it.each([
    ['one per second', 1],
    ['one every eleven seconds', 11],
  ])('reports a day of refusals, %s, less than thirty times, and counts them all', (_, every) => {
    const tallies = new RefusalTallies()
    const reports = []
    let sent = 0
    for (let now = 0; now < DAY; now += every * SECOND) {
      tallies.add(refused('a'))
      sent += 1
      reports.push(...tallies.take(now))
    }
    reports.push(...tallies.take(2 * DAY))
    expect(reports.length).toBeLessThan(30)
    expect(reports.reduce((sum, { count }) => sum + count, 0)).toBe(sent)
    expect(tallies.take(4 * DAY)).toEqual([])
  })

  it('marks a count as a minimum if a batch was incomplete', () => {
    const tallies = new RefusalTallies()
    tallies.add({ ...refused('a'), incomplete: true })
    expect(tallies.take(0)).toMatchObject([{ count: 1, atLeast: true }])
    tallies.add({ refused: [{ action: 'connect' }], incomplete: false })
    expect(tallies.take(1)).toMatchObject([{ user: 'unknown', action: 'connect', atLeast: false }])
  })
})
