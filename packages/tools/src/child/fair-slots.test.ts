import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { FairSlots, type Share } from './fair-slots.ts'

const { signal } = new AbortController()
const A: Share = { run: 'a', caller: 'analyst' }
const WRITER: Share = { run: 'a', caller: 'writer' }
const B: Share = { run: 'b', caller: 'analyst' }
const C: Share = { run: 'c', caller: 'analyst' }

/** Takes slots and notes who got one, in order. */
function bed(limits: { total: number; perRun: number; waiting?: number }) {
  const slots = new FairSlots({ waiting: 100, ...limits })
  const got: string[] = []
  const held = new Map<string, Disposable[]>()
  const ask = async (share: Share, count = 1) => {
    const name = share === WRITER ? 'w' : share.run
    for (let n = 0; n < count; n++) {
      void slots.take(share, signal).then((slot) => {
        got.push(name)
        held.set(name, [...(held.get(name) ?? []), slot])
      })
    }
    await turn()
  }
  const free = async (name: string) => {
    held.get(name)?.shift()?.[Symbol.dispose]()
    await turn()
  }
  return { slots, got, ask, free }
}

describe('FairSlots', () => {
  it('gives a second run and a second caller a slot at once', async () => {
    const { got, ask } = bed({ total: 6, perRun: 3 })
    await ask(A, 20)
    expect(got).toEqual(['a', 'a'])
    await ask(WRITER, 20)
    await ask(B, 20)
    expect(got.slice(2)).toEqual(['w', 'b', 'b'])
    await ask(C)
    expect(got.slice(5)).toEqual(['c'])
  })

  it('serves runs in turn, whatever the number of their calls', async () => {
    const { got, ask, free } = bed({ total: 1, perRun: 1 })
    await ask(A, 20)
    await ask(B, 2)
    await ask(C, 2)
    for (let n = 0; n < 6; n++) await free(got.at(-1) ?? '')
    expect(got).toEqual(['a', 'b', 'c', 'a', 'b', 'c', 'a'])
  })

  it('serves the callers of a run in turn', async () => {
    const { got, ask, free } = bed({ total: 1, perRun: 1 })
    await ask(A, 20)
    await ask(WRITER, 2)
    for (let n = 0; n < 5; n++) await free(got.at(-1) ?? '')
    expect(got).toEqual(['a', 'w', 'a', 'w', 'a', 'a'])
  })

  it('prefers the run that holds fewer slots', async () => {
    const { got, ask, free } = bed({ total: 4, perRun: 4 })
    await ask(A, 20)
    await ask(B)
    expect(got).toEqual(['a', 'a', 'a', 'b'])
    await ask(B, 2)
    await free('a')
    expect(got.at(-1)).toBe('b')
  })

  it('refuses calls beyond the bound of those who wait, and of no other share', async () => {
    const { slots, ask } = bed({ total: 1, perRun: 1, waiting: 3 })
    await ask(A, 4)
    await expect(slots.take(A, signal)).rejects.toMatchObject({
      code: 'bad-input',
      message:
        'expected at most 3 waiting calls of analyst in a run, found one more: wait for some of them first',
    })
    await ask(B, 3)
    await expect(slots.take(B, signal)).rejects.toThrow('expected at most 3')
  })

  it('forgets a call that is aborted while it waits, and frees a slot once', async () => {
    const { slots, got, ask, free } = bed({ total: 1, perRun: 1, waiting: 1 })
    await ask(A)
    const controller = new AbortController()
    const waiting = slots.take(B, controller.signal)
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(slots.take(B, controller.signal)).rejects.toThrow('enough')
    await ask(B)
    await free('a')
    expect(got).toEqual(['a', 'b'])
    const slot = slots.take(C, signal)
    await free('b')
    const taken = await slot
    taken[Symbol.dispose]()
    taken[Symbol.dispose]()
    await ask(A, 2)
    expect(got).toEqual(['a', 'b', 'a'])
  })

  it('never exceeds its bounds, and in the end serves all who wait', async () => {
    let seed = 7
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return Math.floor((seed / 2 ** 32) * below)
    }
    const slots = new FairSlots({ total: 5, perRun: 3, waiting: 1_000 })
    const held: { share: Share; slot: Disposable }[] = []
    let served = 0
    const asked: Promise<void>[] = []
    for (let n = 0; n < 500; n++) {
      const share = { run: `r${random(4)}`, caller: `c${random(3)}` }
      asked.push(
        slots.take(share, signal).then((slot) => {
          served++
          held.push({ share, slot })
        }),
      )
      await turn()
      expect(held.length).toBeLessThanOrEqual(5)
      for (const run of ['r0', 'r1', 'r2', 'r3']) {
        expect(held.filter(({ share }) => share.run === run).length).toBeLessThanOrEqual(3)
      }
      if (random(3) > 0) held.splice(random(held.length), 1)[0]?.slot[Symbol.dispose]()
    }
    while (served < 500) {
      held.shift()?.slot[Symbol.dispose]()
      await turn()
    }
    await Promise.all(asked)
  })
})
