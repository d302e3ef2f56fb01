import { describe, expect, it } from 'vitest'
import { requestsOf } from './model-requests.ts'
import { final } from './team-folder.ts'

const REQUEST = 'Schreibe einen kurzen Bericht über den Umsatz seit 2019.'
const PLAN = JSON.stringify({ tasks: [{ name: 't1', agent: 'worker', text: 'Add up the sales.' }] })
const RESULT = `({ growth: 1.0556, total: 1234567.891, best: { day: '2020-03-01', sum: 98765.4 }, years: [{ year: 2019, sum: 1000.5 }, { year: 2020, sum: 2000 }] })`

/** A planned run whose writer gives these replies, one after the other. */
const written = (...writer: string[]) =>
  requestsOf(REQUEST, { planner: PLAN, worker: final(RESULT), writer }, { strategy: 'plan' })

describe('the writer', () => {
  it('is shown results under the short paths that references take, and how to refer to them', async () => {
    const { requests, last } = await written(
      '{{locale de}}\nDer Umsatz betrug {{t1.total:,2}} Euro, {{t1.growth:1%}} mehr, am meisten am {{t1.best.day:date}}.\n\n{{table t1.years: year as Jahr, sum:,1 as Umsatz}}',
    )
    const request = requests.at(-1)
    expect(request).toMatchObject({ agent: 'writer' })
    expect(request?.user).toMatch(/<data>\nt1: \{/)
    expect(request?.system + (request?.user ?? '')).not.toContain('t1.output')
    for (const form of ['{{locale de}}', ':1}}', ':,}}', ':1%}}', ':date}}', '{{table t0.months']) {
      expect(request?.system).toContain(form)
    }
    expect(last.answer).toBe(
      'Der Umsatz betrug 1.234.567,89 Euro, 105,6\u00a0% mehr, am meisten am 1. März 2020.\n\n| Jahr | Umsatz |\n| ---: | ---: |\n| 2019 | 1.000,5 |\n| 2020 | 2.000,0 |',
    )
  })

  it('is told the exact replacement of a retyped figure', async () => {
    const { requests, last } = await written(
      '{{locale de}}\nSeit 2019 waren es 1.234.567,9 Euro, 105,6 % mehr.',
      '{{locale de}}\nSeit 2019 waren es {{t1.total:,1}} Euro, {{t1.growth:1%}} mehr.',
    )
    const repair = requests.at(-1)?.user ?? ''
    expect(repair).toContain('the figure 1.234.567,9 must be a reference, not retyped: write {{t1.total:,1}}')
    expect(repair).toContain(
      'the figure 105,6 must be a reference, not retyped: write {{t1.growth:1%}} with its percent sign',
    )
    expect(repair).not.toContain('the figure 2019')
    expect(last.answer).toBe('Seit 2019 waren es 1.234.567,9 Euro, 105,6\u00a0% mehr.')
  })

  it('that writes no usable report leaves the results as the answer', async () => {
    const { code, last } = await written('Es waren 17 Euro.')
    expect(code).toBe(3)
    expect(last).toMatchObject({ status: 'failed', answer: { t1: { growth: 1.0556 } } })
    expect(last.error.message).toContain('The answer could not be written, so it is the results of the tasks')
    expect(last.error.message).toContain('the figure 17')
  })
})
