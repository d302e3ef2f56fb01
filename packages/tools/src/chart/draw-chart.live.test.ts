import { FILE_LIMITS } from '@bailiwick/contract'
import { describe, expect, it } from 'vitest'
import type { TableFile } from '../table/table.ts'
import { drawChart } from './draw-chart.ts'

const { signal } = new AbortController()
const encoding = { x: { field: 'day', type: 'ordinal' }, y: { field: 'rain', type: 'quantitative' } }
const values = [
  { day: 'Mon', rain: 1 },
  { day: 'Tue', rain: 3.5 },
]
/** A process starts slowly on a busy machine, so only the test of the limits has short ones. */
const draw = (spec: object, files: TableFile[] = [], limits = {}) =>
  drawChart(spec, files, { signal, limits: { timeMs: 50_000, ...limits } })

describe('drawChart', () => {
  it('draws the values in the specification as SVG and PNG', async () => {
    const chart = await draw({ data: { values }, mark: 'bar', encoding, title: 'Rain in März' })
    expect(chart.svg).toMatch(/^<svg [\s\S]*Rain in März[\s\S]*<\/svg>$/)
    expect(chart.svg.match(/aria-roledescription="bar"/g)).toHaveLength(2)
    const png = Buffer.from(chart.png)
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([chart.width * 2, chart.height * 2])
    expect(chart.warnings).toEqual([])
  })

  it('draws files of the run by name', async () => {
    const csv: TableFile = {
      file: 'rain.csv',
      name: 'rain',
      format: 'csv',
      text: 'day,rain\nMon,1\nTue,2\nWed,\n',
    }
    const json: TableFile = {
      file: 'rain.json',
      name: 'r',
      format: 'json',
      text: JSON.stringify({ rows: values }),
    }
    const spec = { mark: 'bar', encoding }
    const fromCsv = await draw({ ...spec, data: { url: 'rain.csv', format: { type: 'csv' } } }, [csv, json])
    expect(fromCsv.svg).toContain('day: Tue; rain: 2')
    const layers = [{ ...spec, data: { url: 'rain.json', format: { property: 'rows' } } }]
    expect((await draw({ layer: layers }, [csv, json])).svg).toContain('day: Tue; rain: 3.5')
    await expect(draw({ ...spec, data: { url: 'other.csv' } }, [csv])).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(
        'expected the name of a file of this run (rain.csv), found "other.csv"',
      ),
    })
  })

  it('aggregates a file as large as the limit', { timeout: 300_000 }, async () => {
    const row = '2024-01-15,north,12,x\n'
    const text = `day,region,rain,note\n${row.repeat(FILE_LIMITS.chartData / row.length - 1)}`
    const spec = {
      data: { url: 'rows.csv' },
      mark: 'bar',
      encoding: { x: { field: 'region' }, y: { aggregate: 'mean', field: 'rain', type: 'quantitative' } },
    }
    const file: TableFile = { file: 'rows.csv', name: 'rows', format: 'csv', text }
    expect((await draw(spec, [file])).svg).toContain('Mean of rain: 12')
  })

  it('is killed at its limits', async () => {
    const endless = { data: { sequence: { start: 0, stop: 5e7 } }, mark: 'point' }
    const limited = draw(endless, [], { timeMs: 1_500 })
    await expect(limited).rejects.toMatchObject({
      code: expect.stringMatching(/^child-(timeout|memory)$/),
      message: expect.stringContaining('was stopped: aggregate its data with queryTable first'),
    })
  })
})
