import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHART_LIMITS } from './draw-chart.ts'
import { layOutChart } from './lay-out-chart.ts'
import { paintSvg } from './paint-svg.ts'

const encoding = { x: { field: 'day', type: 'ordinal' }, y: { field: 'rain', type: 'quantitative' } }
const values = [
  { day: 'Mon', rain: 1 },
  { day: 'Tue', rain: 3.5 },
]

/** What the two processes of a chart do, one after the other. */
async function draw(spec: object) {
  const layout = await layOutChart(spec, new Map(), CHART_LIMITS.area)
  return { ...layout, ...paintSvg({ svg: layout.svg, scale: CHART_LIMITS.scale }) }
}

const writing = (text: string) => ({ data: { values: [{}] }, mark: { type: 'text', text, fontSize: 20 } })

describe('layOutChart', () => {
  it('paints text in one font, even if the specification names another', async () => {
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

  const q = (field: string) => ({ field, type: 'quantitative' })
  const rows = Array.from({ length: 12 }, (_, n) => ({
    n,
    v: (n * 7) % 5,
    k: `k${n % 3}`,
    d: `2024-0${(n % 9) + 1}-01`,
  }))
  const base = { data: { values: rows }, encoding: { x: q('n'), y: q('v'), color: { field: 'k' } } }
  const stops = [
    { offset: 0, color: 'white' },
    { offset: 1, color: 'rgb(10% 20% 30% / 0.5)' },
  ]
  it.each([
    ['arc', { mark: { type: 'arc', innerRadius: 9 }, encoding: { theta: q('v'), color: { field: 'k' } } }],
    ['area', { mark: { type: 'area', line: true, point: true, interpolate: 'monotone' } }],
    ['bar', { mark: { type: 'bar', cornerRadius: 3, strokeDash: [4, 2], stroke: '#123' } }],
    ['boxplot', { mark: 'boxplot', encoding: { x: { field: 'k' }, y: q('v') } }],
    ['errorband', { mark: 'errorband', encoding: { x: { field: 'k' }, y: q('v') } }],
    [
      'geoshape',
      { data: { graticule: true }, mark: 'geoshape', encoding: {}, projection: { type: 'mercator' } },
    ],
    ['a gradient', { mark: { type: 'bar', color: { gradient: 'linear', stops } } }],
    [
      'a radial gradient',
      { mark: { type: 'arc', color: { gradient: 'radial', stops } }, encoding: { theta: q('v') } },
    ],
    [
      'a heat map',
      {
        mark: 'rect',
        encoding: { x: { bin: true, ...q('n') }, y: { field: 'k' }, color: { aggregate: 'count' } },
      },
    ],
    [
      'line',
      {
        mark: { type: 'line', strokeCap: 'round', strokeJoin: 'bevel', clip: true },
        encoding: { x: { field: 'd', type: 'temporal' }, y: q('v') },
      },
    ],
    ['point', { mark: { type: 'point', shape: 'M-1,-1L1,-1L0,1Z', blend: 'multiply' } }],
    ['rule', { mark: { type: 'rule', opacity: 0.5 }, encoding: { y: q('v') } }],
    [
      'text',
      {
        mark: {
          type: 'text',
          text: ['two', 'lines'],
          angle: 30,
          fontStyle: 'italic',
          fontWeight: 'bold',
          align: 'right',
          baseline: 'top',
          dx: 3,
        },
      },
    ],
    ['tick', { mark: { type: 'tick', thickness: 3 } }],
    ['trail', { mark: 'trail', encoding: { x: q('n'), y: q('v'), size: q('v') } }],
    [
      'facets',
      {
        facet: { field: 'k' },
        spec: { mark: 'bar', encoding: { x: q('n'), y: q('v') } },
        encoding: undefined,
      },
    ],
    [
      'concatenation',
      {
        hconcat: [
          { mark: 'bar', encoding: { x: q('n') } },
          { mark: 'point', encoding: { y: q('v') } },
        ],
        encoding: undefined,
      },
    ],
    [
      'regression',
      {
        layer: [
          { mark: 'point' },
          { transform: [{ regression: 'v', on: 'n' }], mark: { type: 'line', color: 'firebrick' } },
        ],
      },
    ],
  ])('draws %s', async (_, spec) => {
    const chart = await draw({
      ...base,
      ...spec,
      background: 'hsl(200, 20%, 90%)',
      title: { text: 'T', subtitle: ['a', 'b'] },
    })
    expect(chart.svg).toMatch(/<path [^>]*d="M/)
  })

  it("warns of unknown fields, of Vega's own warnings, and of characters that the font lacks", async () => {
    const spec = {
      data: { values },
      mark: 'bar',
      encoding: { ...encoding, colour: { field: 'day' }, detail: { field: 'snow', type: 'nominal' } },
      title: '雨',
    }
    const { warnings } = await draw(spec)
    expect(warnings).toEqual([
      'encoding.detail: no row has the field "snow"; known fields: day, rain',
      expect.stringContaining('colour'),
      'the font has no glyph for: 雨',
    ])
  })

  it.each([
    [
      { mark: 'bar', encoding, data: { url: 'other.csv' } },
      'expected the name of a file of this run (there is none), found "other.csv"',
    ],
    [
      { $schema: 'https://vega.github.io/schema/vega/v6.json', marks: [] },
      'expected a Vega-Lite specification',
    ],
    [{ nonsense: 1 }, 'Invalid specification'],
    [
      { data: { values }, mark: 'bar', encoding, width: 5000, height: 5000 },
      'expected at most 2000 × 2000 pixels',
    ],
    [
      { data: { values }, mark: 'bar', encoding, transform: [{ calculate: 'no such(', as: 'x' }] },
      'Unexpect',
    ],
  ])('says what is wrong with %j', async (spec, reason) => {
    const message = expect.stringContaining(reason)
    await expect(draw(spec)).rejects.toMatchObject({ code: 'bad-input', message })
  })
})

describe('the addresses in a specification', () => {
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

  it.each(places)('are refused in %s', async (_, spec) => {
    const port = (server.address() as AddressInfo).port
    const urls = [`file://${secret}`, secret, `http://127.0.0.1:${port}/data.json`, `//127.0.0.1:${port}/x`]
    await Promise.all(
      urls.map((url) =>
        expect(draw(spec(url)), url).rejects.toMatchObject({
          code: 'bad-input',
          message: expect.stringMatching(
            /expected (a chart that loads nothing and links to nothing|the name of a file of this run)/,
          ),
        }),
      ),
    )
    expect(asked).toEqual([])
  })

  const address = 'url(file:///etc/passwd)'
  it.each([
    ['a color', { mark: { type: 'bar', fill: address } }, `fill="${address}" in path`],
    ['a background', { mark: 'bar', background: address }, `fill="${address}" in rect`],
    [
      'a gradient',
      {
        mark: { type: 'bar', color: { gradient: 'linear', stops: [{ offset: 0, color: address }] } },
      },
      `stop-color="${address}" in stop`,
    ],
    [
      'a style',
      { mark: { type: 'bar', blend: `multiply; background: ${address}` } },
      `style="mix-blend-mode: multiply; background: ${address};" in path`,
    ],
    ['a font', { mark: { type: 'text', text: 'x', font: 'x; y' } }, 'font-family="x; y" in text'],
    [
      'a field',
      { mark: 'bar', encoding: { color: { field: 'c', scale: null } } },
      `fill="${address}" in path`,
    ],
  ])('are refused in %s', async (_, spec, found) => {
    await expect(draw({ data: { values: [{ c: address }] }, ...spec })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(`found ${found}`),
    })
  })

  it('may be text, like any other', async () => {
    const text = `href="/etc/passwd" ${address} <script>alert(1)</script> \u001b[1m &amp;`
    const { svg, png } = await draw({ ...writing(text), title: text, description: text })
    expect(svg).toContain(
      `>href="/etc/passwd" ${address} &lt;script&gt;alert(1)&lt;/script&gt; \ufffd[1m &amp;amp;</text>`,
    )
    expect(png.length).toBeGreaterThan(1_000)
  })

  it('may be a picture that the specification contains', async () => {
    const url =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
    const { svg } = await draw({ data: { values: [{}] }, mark: { type: 'image', url, width: 9, height: 9 } })
    expect(svg).toContain(url)
  })
})
