import { NO_USAGE } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import type { AttemptRecord, Outcome } from '../experiment/attempt-record.ts'
import { NOTHING_WASTED } from '../target/wasted-replies.ts'
import { bootstrap, wilson } from './intervals.ts'
import { markdownReport } from './markdown.ts'
import { summarise } from './summarise.ts'

async function* records(
  ...outcomes: (Outcome | [Outcome, Partial<AttemptRecord>])[]
): AsyncGenerator<AttemptRecord> {
  for (const [index, given] of outcomes.entries()) {
    const [outcome, change] = typeof given === 'string' ? [given, {}] : given
    yield {
      v: 1,
      key: `k${index}`,
      set: 'set',
      setHash: 'h',
      case: `c${index}`,
      caseHash: `c${index}`,
      attempt: 1,
      target: 'solver',
      level: 3,
      model: 'm',
      scorer: 1,
      outcome,
      usage: { ...NO_USAGE, inputTokens: 100, replies: 2, cost: 0.01 },
      wasted: NOTHING_WASTED,
      ms: 1_000 + index,
      task: 't',
      tags: [],
      at: 0,
      ...change,
    }
  }
}

describe('intervals', () => {
  it("are Wilson's for single attempts", () => {
    // 81 of 263 is a textbook example: 0.2553 to 0.3662.
    expect(wilson(81, 263)?.low).toBeCloseTo(0.2553, 4)
    expect(wilson(81, 263)?.high).toBeCloseTo(0.3662, 4)
    expect(wilson(10, 10)?.low).toBeCloseTo(0.7225, 4)
    expect(wilson(0, 0)).toBeUndefined()
  })

  it('resample tasks, so that attempts at the same task do not narrow them', () => {
    const once = Array.from({ length: 40 }, (_, n) => ({ right: n % 2, count: 1 }))
    const often = once.map(({ right }) => ({ right: right * 50, count: 50 }))
    expect(bootstrap(often)).toEqual(bootstrap(once))
    const { value, low, high } = bootstrap(once) ?? { value: 0, low: 0, high: 0 }
    expect(value).toBe(0.5)
    expect(high - low).toBeGreaterThan(0.25)
    expect(
      bootstrap([
        { right: 5, count: 5 },
        { right: 5, count: 5 },
      ]),
    ).toEqual(wilson(2, 2))
  })
})

describe('a summary', () => {
  it('counts errors apart, never as wrong answers', async () => {
    const report = await summarise(
      records('passed', 'failed', 'exhausted', 'target-error', 'scorer-error'),
      6,
    )
    expect(report.summaries[0]?.right?.value).toBeCloseTo(1 / 3)
    expect(report).toMatchObject({ missing: 1, missCount: 4 })
    expect(markdownReport(report)).toContain('1 of 3 (33.3%)')
    expect(markdownReport(report)).toContain('Partial: 1 attempts have no result')
  })

  it('has no share if nothing was graded', async () => {
    const report = await summarise(records('target-error'), 1)
    expect(report.summaries[0]?.right).toBeNull()
    expect(markdownReport(report)).toContain('none graded')
  })

  it('shows an unknown price as unknown', async () => {
    const unknown = { ...NO_USAGE, cost: null }
    const report = await summarise(records('passed', ['passed', { usage: unknown }]), 2)
    expect(report.summaries[0]?.usage.cost).toBeNull()
    expect(markdownReport(report)).toContain('| unknown |')
    expect(markdownReport(await summarise(records('passed'), 1))).toContain('| $0.0100 |')
  })

  it('groups by level, model and tag, and counts the tokens of all attempts for each right answer', async () => {
    const wasted = { ...NOTHING_WASTED, parse: 1 }
    const report = await summarise(
      records('passed', ['failed', { tags: ['joins'], wasted }], ['passed', { level: 5, tags: ['joins'] }]),
      3,
    )
    expect(
      report.summaries.map(({ level, tokensPerRight, wastedShare }) => [level, tokensPerRight, wastedShare]),
    ).toEqual([
      [3, 200, 0.25],
      [5, 100, 0],
    ])
    expect(report.tags.map(({ tag, level }) => [tag, level])).toEqual([
      ['joins', 3],
      ['joins', 5],
    ])
  })

  it('says that an oracle measures the pipeline', async () => {
    const report = await summarise(records(['passed', { pipeline: 'noisy oracle' }]), 1)
    expect(markdownReport(report)).toContain('Pipeline, not quality')
  })
})
