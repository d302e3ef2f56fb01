import { readFileSync } from 'node:fs'
import { setInterval } from 'node:timers'
import { putArtifact } from '@bailiwick/bus'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startToolboxBed, type ToolboxBed } from '../../test/toolbox-bed.ts'

let bed: ToolboxBed
beforeAll(async () => {
  bed = await startToolboxBed()
})
afterAll(() => bed?.[Symbol.asyncDispose]())

const LINE = '2024-01-15,north,12.5,"order 1, paid"\n'
const LINES = 2_500_000
/** 95 MB. `pnpm bench files` has larger ones. */
const SIZE = LINES * LINE.length

async function* csv() {
  yield Buffer.from('day,region,amount,note\n')
  const piece = Buffer.from(LINE.repeat(10_000))
  for (let written = 0; written < LINES; written += 10_000) yield piece
}

/** Bytes of memory that a process has for itself, and its part of what it shares. */
function pss(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024
}

it.runIf(process.platform === 'linux')(
  'queries and reads a table without holding all of it in the toolbox',
  { timeout: 300_000 },
  async () => {
    const pid = (await bed.startProcess()).pid ?? 0
    const artifact = await putArtifact(bed.coordinator, {
      run: 'r1',
      name: 'sales.csv',
      mediaType: 'text/csv',
      stream: csv(),
    })
    expect(artifact.size).toBeGreaterThan(SIZE)
    const inputs = [{ name: 'sales', artifact, description: '' }]
    await bed.createTask({ run: 'r1', task: 'r1-t1', agent: 'analyst', inputs })
    const before = pss(pid)
    let peak = before
    const sampling = setInterval(() => {
      peak = Math.max(peak, pss(pid))
    }, 100)
    try {
      const sql = 'select region, count(*) as n, avg(amount) as mean from sales group by 1'
      expect(await bed.call('analyst', 'queryTable', { sql }, {})).toEqual({
        columns: ['region', 'n', 'mean'],
        rows: [{ region: 'north', n: LINES, mean: 12.5 }],
      })
      const part = { name: 'sales', from: SIZE - 1_000, length: 20 }
      expect(await bed.call('analyst', 'readFile', part, { id: '1.2' })).toHaveLength(20)
    } finally {
      clearInterval(sampling)
    }
    // Pieces that were sent are collected late, so 50 to 100 MB is normal for a file of any size.
    expect(peak - before).toBeLessThan(1.5 * SIZE)
  },
)
