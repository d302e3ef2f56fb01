import { LARGE_BYTES } from '@bailiwick/bus'
import { describe, expect, it } from 'vitest'
import { type Cut, openCutBed } from './cut-bed.ts'

/** Uses enough CPU time for a checkpoint after each step, at the threshold of these tests. */
const busy = (name: string) => `let ${name} = 0; for (let i = 0; i < 1e7; i++) ${name} += i % 7`

const heavy = [
  `let log = []; ${busy('a')}; log.push(await put({ n: 1 }), Math.random())`,
  `${busy('b')}; log.push(await get({ n: 2 }), Date.now() > 0); setTimeout(() => {}, 1)`,
  `${busy('c')}; log.push(await put({ n: 3 }), Math.random(), setTimeout(() => {}, 1))`,
  'finalAnswer([log, a, b, c])',
]
const limits = { checkpointCpuMs: 1 }

describe('the checkpoints of a task with heavy steps', () => {
  it('spare the next process all earlier steps, and give the same result', async () => {
    await using bed = await openCutBed({ atOnce: 4, limits })
    const moments: Record<string, Cut> = {
      'before-its-checkpoint': { kind: 'record', step: 3, at: 1, after: false, type: 'step.checkpointed' },
      'after-its-checkpoint': { kind: 'record', step: 3, at: 1, after: true, type: 'step.checkpointed' },
      'after-its-end': { kind: 'record', step: 3, at: 1, after: true, type: 'step.ended' },
      'within-it': { kind: 'call', tool: 'put', after: true },
    }
    await bed.work([{ spec: bed.specOf('calm', 'heavy'), codes: heavy }])
    const calm = await bed.outcome('calm')
    expect(
      calm.records.filter(({ type }) => type === 'step.checkpointed').map((one) => 'step' in one && one.step),
    ).toEqual([1, 2, 3])
    const saved: Record<string, number> = {}
    for (const [name, cut] of Object.entries(moments)) {
      const spec = bed.specOf(name, 'heavy')
      await bed.work([{ spec, codes: heavy, cut }])
      const before = bed.restored
      await bed.work([{ spec, codes: heavy }])
      saved[name] = bed.restored - before
      const come = await bed.outcome(name)
      expect([come.status, come.output, come.worlds, come.shown], name).toEqual([
        'completed',
        calm.output,
        calm.worlds,
        calm.shown,
      ])
      expect(
        come.records.filter(({ type }) => type === 'step.replied'),
        name,
      ).toHaveLength(4)
      expect([...new Set(await bed.effects(name))], name).toEqual(await bed.effects('calm'))
    }
    expect(saved).toEqual({
      'before-its-checkpoint': 2,
      'after-its-checkpoint': 3,
      'after-its-end': 2,
      'within-it': 0,
    })
  }, 300_000)

  it('are stored as files if they are large, and restored from there', async () => {
    await using bed = await openCutBed({ atOnce: 1, limits })
    const codes = [
      `let rows = Array.from({ length: 20_000 }, (_, n) => [n, 'row ' + n]); ${busy('a')}`,
      'finalAnswer([rows.length, rows[19_999], await put({ n: 1 })])',
    ]
    const spec = bed.specOf('large', 'large')
    await bed.work([{ spec, codes, cut: { kind: 'call', tool: 'put', after: false } }])
    const [checkpoint] = (await bed.outcome('large')).records.filter(
      ({ type }) => type === 'step.checkpointed',
    )
    const length = checkpoint?.type === 'step.checkpointed' ? checkpoint.text.length : 0
    expect(length).toBeGreaterThan(2 * LARGE_BYTES)
    // The journal's messages stay below the size from which texts are stored as files.
    const sizes = await bed.messageSizes('large')
    expect(sizes.length).toBeGreaterThan(3)
    expect(Math.max(...sizes)).toBeLessThan(LARGE_BYTES)
    await bed.work([{ spec, codes }])
    expect(bed.restored).toBe(1)
    const { status, output } = await bed.outcome('large')
    expect([status, output]).toEqual(['completed', [20_000, [19_999, 'row 19999'], { n: 1, list: [1, 2] }]])
  }, 300_000)

  it('are not taken of worlds with classes and closures, which still resume', async () => {
    await using bed = await openCutBed({ atOnce: 4, limits })
    const codes = [
      `class Box { #n = 1; get n() { return this.#n } }; const box = new Box(); ${busy('a')}`,
      'const up = ((n) => () => ++n)(await get({ n: 5 }).then((r) => r.n))',
      'finalAnswer([box.n, up(), a])',
    ]
    await bed.work([{ spec: bed.specOf('calm', 'living'), codes }])
    const spec = bed.specOf('cut', 'living')
    await bed.work([{ spec, codes, cut: { kind: 'record', step: 3, at: 1, after: false } }])
    await bed.work([{ spec, codes }])
    const [calm, cut] = await Promise.all([bed.outcome('calm'), bed.outcome('cut')])
    expect(calm.records.filter(({ type }) => type === 'step.checkpointed')).toEqual([])
    expect([cut.status, cut.output, cut.worlds]).toEqual(['completed', calm.output, calm.worlds])
    expect(bed.restored).toBe(0)
  }, 300_000)
})
