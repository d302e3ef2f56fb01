import { fileURLToPath } from 'node:url'
import { scratch } from '@bailiwick/coordinator/testing/scratch'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { describe, expect, it } from 'vitest'
import { lastJson, run } from './program.ts'

await useBubblewrap()

const TASKS = fileURLToPath(new URL('../../../docs/examples/tasks', import.meta.url))

describe('the tasks in docs/examples', () => {
  it('are all solved by the oracle at every level that they fit', async () => {
    await using place = await scratch()
    const ended = await run(['eval', TASKS, '--oracle', '--level', '0,2,3,5', '--out', 'out', '--json'], {
      cwd: place.folder,
    })
    const report = lastJson(ended)
    expect(report.misses).toEqual([])
    expect(report.summaries.map(({ level, attempts }: Record<string, number>) => [level, attempts])).toEqual([
      [0, 4],
      [2, 37],
      [3, 40],
      [5, 40],
    ])
    expect(report.pipeline).toBe('oracle')
    expect(ended.stderr).toContain('Pipeline, not quality')
    expect(ended.code).toBe(0)
  })

  it('survive the mistakes of real models at level 5', async () => {
    await using place = await scratch()
    const line = [
      'eval',
      TASKS,
      '--oracle',
      '--noise',
      '--level',
      '5',
      '--min',
      '0.97',
      '--out',
      'out',
      '--json',
    ]
    const ended = await run(line, { cwd: place.folder })
    const [summary] = lastJson(ended).summaries
    expect(ended.code).toBe(0)
    expect(summary.wastedShare).toBeGreaterThan(0.1)
    expect(summary.wasted.refused).toBeGreaterThan(0)
  })
})
