import { NO_USAGE, type TaskResult } from '@bailiwick/contract'
import { expect, it } from 'vitest'
import { tryTask } from '../testing/try-task.ts'
import { reportWithSources } from './report-sources.ts'

const done = (output: unknown): TaskResult => ({
  status: 'completed',
  output,
  usage: NO_USAGE,
  artifacts: [],
})
const results = {
  t1: done({ mean: 5.125, rows: [{ name: 'a', n: 1 }], chart: 'chart-1.svg', heading: '# no\n# heading' }),
  t2: done(12),
}
const link = (task: string) => (task === 't1' ? 'code/t1.js' : undefined)

async function sourcesOf(report: string) {
  const { records } = await tryTask({ level: 0, references: true }, [report], {
    results,
    text: 'Since 2012?',
  })
  return reportWithSources(records, link)
}

it('lists below each section which task computed its figures', async () => {
  expect(
    await sourcesOf(
      '{{locale de}}\nEs sind {{t1.mean:1}} und {{t2}}, also {{t1.mean:1}}.\n\n## Mehr\n\n![a]({{t1.chart}})\n\n{{table t1.rows: name, n}}\n\n## Ende\n\nSeit 2012.',
    ),
  ).toBe(
    'Es sind 5,1 und 12, also 5,1.\n\n*[t1](code/t1.js): 5,1*  \n*t2: 12*\n\n## Mehr\n\n![a](chart-1.svg)\n\n| name | n |\n| --- | ---: |\n| a | 1 |\n\n*[t1](code/t1.js): t1.rows*\n\n## Ende\n\nSeit 2012.',
  )
})

it('lists nothing for a report without references, or with headings in its data', async () => {
  expect(await sourcesOf('It is blue.')).toBeUndefined()
  expect(await sourcesOf('It is {{t2}}. {{t1.heading}}')).toBeUndefined()
})
