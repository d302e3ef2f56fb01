import { describe, expect, it } from 'vitest'
import { useBubblewrap } from '../../src/testing/use-bubblewrap.ts'
import { runAlone } from '../run-alone.ts'
import { corpus } from './corpus.ts'
import type { CorpusReport } from './run-corpus.ts'

await useBubblewrap()

const snippets = Object.values(corpus).flat()

describe('the hostile corpus', () => {
  it('has at least 400 snippets, 40 in each of the families hang and pause, and no snippet twice', () => {
    expect(snippets.length).toBeGreaterThanOrEqual(400)
    expect(corpus.hang?.length).toBeGreaterThanOrEqual(40)
    expect(corpus.pause?.length).toBeGreaterThanOrEqual(40)
    expect(new Set(snippets.map(([, , code]) => code)).size).toBe(snippets.length)
    expect(new Set(snippets.map(([tries]) => tries)).size).toBe(snippets.length)
  })

  it('ends as each row says, leaves a world that goes on, and costs the host little', async ({ signal }) => {
    // A small heap, because garbage that was not collected yet would be most of the memory.
    const flags = ['--max-old-space-size=36', '--max-semi-space-size=1']
    const report = (await runAlone('hostile/run-corpus.ts', signal, { flags })) as CorpusReport
    expect(report.failures).toEqual([])
    expect(report.ran).toBe(snippets.length)
    // CPU time of the main thread, which a busy machine does not change as it changes wall time.
    expect.soft(report.worstPauseMs, report.worstPauseIn).toBeLessThanOrEqual(10)
    expect.soft(report.startMb).toBeGreaterThan(5)
    expect.soft(report.worstMb - report.startMb).toBeLessThan(32)
  }, 600_000)
})
