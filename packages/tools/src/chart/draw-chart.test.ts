import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TableFile } from '../table/table.ts'
import { drawChart } from './draw-chart.ts'

const { signal } = new AbortController()
const encoding = { x: { field: 'day', type: 'ordinal' }, y: { field: 'rain', type: 'quantitative' } }
const values = [
  { day: 'Mon', rain: 1 },
  { day: 'Tue', rain: 3.5 },
]
const draw = (spec: object, files: TableFile[] = [], limits = {}) =>
  drawChart(spec, files, { signal, limits })

const writing = (text: string) => ({ data: { values: [{}] }, mark: { type: 'text', text, fontSize: 20 } })

describe('drawChart', () => {
  it('gives SVG and PNG of the values in the specification', async () => {
    const chart = await draw({ data: { values }, mark: 'bar', encoding, title: 'Rain in März' })
    expect(chart.svg).toMatch(/^<svg [\s\S]*Rain in März[\s\S]*<\/svg>$/)
    expect(chart.svg.match(/aria-roledescription="bar"/g)).toHaveLength(2)
    const png = Buffer.from(chart.png)
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([chart.width * 2, chart.height * 2])
    expect(chart.warnings).toEqual([])
  })

  it('paints texts, in one font whatever family is named', async () => {
    const [blank, hello, world, serif] = await Promise.all([
      draw(writing(' ')),
      draw(writing('Hello')),
      draw(writing('World')),
      draw({ ...writing('Hello'), config: { text: { font: 'Nonexistent Serif' } } }),
    ])
    expect(hello.png).not.toEqual(blank.png)
    expect(hello.png).not.toEqual(world.png)
    expect(serif.png).toEqual(hello.png)
  })

  it('draws files of the run, by name', async () => {
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
  })

  it('tells of fields that are not there, what Vega warns of, and characters that the font lacks', async () => {
    const spec = {
      data: { values },
      mark: 'bar',
      encoding: { ...encoding, colour: { field: 'day' }, detail: { field: 'snow', type: 'nominal' } },
      title: '雨',
    }
    const { warnings } = await draw(spec)
    expect(warnings).toEqual([
      'encoding.detail: no row has the field "snow"; there is: day, rain',
      expect.stringContaining('colour'),
      'the font has no glyph for: 雨',
    ])
  })

  it.each([
    [
      { mark: 'bar', encoding, data: { url: 'other.csv' } },
      'loads files of its run only, by name (there is none)',
    ],
    [{ $schema: 'https://vega.github.io/schema/vega/v6.json', marks: [] }, 'wanted Vega-Lite'],
    [{ nonsense: 1 }, 'Invalid specification'],
    [{ data: { values }, mark: 'bar', encoding, width: 5000, height: 5000 }, 'more than 2000 × 2000'],
    [
      { data: { values }, mark: 'bar', encoding, transform: [{ calculate: 'no such(', as: 'x' }] },
      'Unexpect',
    ],
  ])('says what is wrong with %j', async (spec, reason) => {
    const message = expect.stringContaining(reason)
    await expect(draw(spec)).rejects.toMatchObject({ code: 'bad-input', message })
  })

  it('is killed at its limits', async () => {
    const endless = { data: { sequence: { start: 0, stop: 5e7 } }, mark: 'point' }
    const limited = draw(endless, [], { timeMs: 1_500 })
    await expect(limited).rejects.toMatchObject({ code: expect.stringMatching(/^child-(timeout|memory)$/) })
  })
})

describe('what a specification can reach', () => {
  let folder: string
  let secret: string
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end(JSON.stringify(values))
  })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chart-reach-'))
    secret = join(folder, 'secret.json')
    await writeFile(secret, JSON.stringify(values))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(async () => {
    server.close()
    await rm(folder, { recursive: true })
  })

  const places: [string, (url: string) => object][] = [
    ['data', (url) => ({ data: { url }, mark: 'bar', encoding })],
    ['a layer', (url) => ({ layer: [{ data: { url }, mark: 'bar', encoding }] })],
    [
      'a lookup',
      (url) => ({
        data: { values },
        transform: [{ lookup: 'day', from: { data: { url }, key: 'day', fields: ['rain'] } }],
        mark: 'bar',
        encoding,
      }),
    ],
    ['a picture', (url) => ({ data: { values: [{}] }, mark: { type: 'image', url, width: 9, height: 9 } })],
    [
      'a picture by field',
      (url) => ({ data: { values: [{ url }] }, mark: 'image', encoding: { url: { field: 'url' } } }),
    ],
    ['a link', (url) => ({ data: { values: [{}] }, mark: { type: 'point', href: url } })],
  ]

  it.each(places)('neither files nor addresses through %s', async (_, spec) => {
    const port = (server.address() as AddressInfo).port
    const urls = [`file://${secret}`, secret, `http://127.0.0.1:${port}/data.json`, `//127.0.0.1:${port}/x`]
    await Promise.all(
      urls.map((url) =>
        expect(draw(spec(url)), url).rejects.toMatchObject({
          code: 'bad-input',
          message: expect.stringMatching(
            /a chart loads (nothing and links to nothing|files of its run only)/,
          ),
        }),
      ),
    )
    expect(asked).toEqual([])
  })

  it('lets a picture through that the specification carries', async () => {
    const url =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const { svg } = await draw({ data: { values: [{}] }, mark: { type: 'image', url, width: 9, height: 9 } })
    expect(svg).toContain(url)
  })
})
