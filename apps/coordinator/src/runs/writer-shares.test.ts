import type { StoredAppend } from '@bailiwick/bus'
import { describe, expect, it } from 'vitest'
import { FLOOD_LIMITS, WriterShares } from './writer-shares.ts'

const append = (writer: string, bytes: number, behind: number) =>
  ({ writer, bytes, behind }) as unknown as StoredAppend

/** The agents that flood after the reader has read so many appends of each size from each writer in turn. */
function flooding(count: number, behind: number, writers: Record<string, number>): string[] {
  const shares = new WriterShares()
  for (let n = 0; n < count; n++) {
    for (const [writer, bytes] of Object.entries(writers)) shares.count(append(writer, bytes, behind))
  }
  return shares.flooding()
}

describe('WriterShares', () => {
  it('names nobody while few appends wait', () => {
    expect(flooding(2_000, FLOOD_LIMITS.appends, { worker: 2 })).toEqual([])
    expect(flooding(2_000, 10, { worker: 250_000 })).toEqual([])
  })

  it.each([
    ['many small appends', FLOOD_LIMITS.appends + 1, 2],
    ['few large appends', 1 + FLOOD_LIMITS.bytes / 250_000, 250_000],
  ])('names the agent with %s', (_, behind, bytes) => {
    expect(flooding(100, behind, { worker: bytes })).toEqual(['worker'])
  })

  it('names both of two agents that flood, and never a coordinator', () => {
    const writers = { worker: 2, scout: 2, coordinator: 2 }
    expect(flooding(2_000, 10_000, writers)).toEqual(['worker', 'scout'])
  })

  it('does not name an agent with few appends', () => {
    const shares = new WriterShares()
    for (let n = 0; n < 5_000; n++) shares.count(append(n % 10 === 0 ? 'other' : 'worker', 2, 10_000))
    expect(shares.flooding()).toEqual(['worker'])
  })

  it('forgets what was long ago', () => {
    const shares = new WriterShares()
    for (let n = 0; n < 5_000; n++) shares.count(append('worker', 2, 10_000))
    for (let n = 0; n < 5_000; n++) shares.count(append('scout', 2, 10_000))
    expect(shares.flooding()).toEqual(['scout'])
  })
})
