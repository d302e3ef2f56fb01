import { describe, expect, it } from 'vitest'
import { runAlone } from '../run-alone.ts'
import { corpus } from './corpus.ts'
import type { CorpusReport } from './run-corpus.ts'

const snippets = Object.values(corpus).flat()

describe('hostile code', () => {
  it('comes in at least 150 snippets, none of them twice', () => {
    expect(snippets.length).toBeGreaterThanOrEqual(150)
    expect(new Set(snippets.map(([, , code]) => code)).size).toBe(snippets.length)
    expect(new Set(snippets.map(([tries]) => tries)).size).toBe(snippets.length)
  })

  it('ends as its row says, in a session that goes on, at little cost to the host', async () => {
    // The small heap is the host's: garbage that waits to be collected would be most of the figure.
    const flags = ['--max-old-space-size=32', '--max-semi-space-size=1']
    const report = (await runAlone('hostile/run-corpus.ts', { flags })) as CorpusReport
    expect(report.failures).toEqual([])
    expect(report.ran).toBe(snippets.length)
    expect(report).toMatchObject({ failures: [] })
    // CPU time of the main thread, not wall time: a busy machine does not change it.
    expect.soft(report.worstPauseMs, report.worstPauseIn).toBeLessThanOrEqual(10)
    expect.soft(report.privateMb).toBeGreaterThan(5)
    expect.soft(report.privateMb).toBeLessThan(64)
  }, 300_000)
})
