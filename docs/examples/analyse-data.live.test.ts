import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scriptedModel } from '@bailiwick/core/testing'
import { useBubblewrap } from '@bailiwick/sandbox/testing'
import { expect, it } from 'vitest'
import { analyseData } from './analyse-data.ts'

await useBubblewrap()

const REPLIES = [
  `I look at the columns first.
<code>
import { rollup, mean } from 'd3-array'
const [header, ...days] = weather.trim().split('\\n').map((line) => line.split(','))
console.log(header, days.length)
const column = header.indexOf('temp_max')
const months = [...rollup(days, (rows) => mean(rows, (row) => Number(row[column])), ([date]) => date.slice(0, 7))]
  .map(([month, celsius]) => ({ month, celsius }))
months.length
</code>`,
  `Now the extremes and the chart.
<code>
const sorted = months.toSorted((a, b) => a.celsius - b.celsius)
const { file } = await draw({ spec: {
  data: { values: months }, mark: 'line', width: 400,
  encoding: { x: { field: 'month', type: 'temporal' }, y: { field: 'celsius', type: 'quantitative' } },
} })
finalAnswer({ rows: days.length, warmest: sorted.at(-1), coldest: sorted[0], chart: file })
</code>`,
]

it('computes figures from the whole table while the prompt shows only a few rows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'analyse-data-'))
  try {
    const source = new URL('../../apps/cli/demo/seattle-weather.csv', import.meta.url)
    const model = scriptedModel(REPLIES)
    const file = join(folder, 'months.svg')
    const result = await analyseData(model, await readFile(source, 'utf8'), file)
    expect(result.error).toBeUndefined()
    expect(result).toMatchObject({
      status: 'completed',
      output: { rows: 1461, warmest: { month: '2015-07' }, chart: file },
    })
    expect((result.output as { warmest: { celsius: number } }).warmest.celsius).toBeCloseTo(28.09, 1)
    expect(await readFile(file, 'utf8')).toContain('<svg')
    const prompt = model.requests[0]?.messages.map(({ content }) => content).join('') ?? ''
    expect(prompt).toContain('weather')
    expect(prompt).not.toContain('2015-12-31')
  } finally {
    await rm(folder, { recursive: true })
  }
})
