import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { describeInput } from './describe-input.ts'

describe('describeInput', () => {
  it('describes the columns of a CSV with types, ranges and frequent values, and its first rows', () => {
    const text =
      'date,rain,kind,note\n2012-01-01,0.5,sun,"a, ""b"""\n2012-01-02,12,rain,\n2012-01-03,3,sun,c\n'
    expect(
      describeInput('weather', { text, mediaType: 'text/csv' }),
    ).toBe(`weather: text/csv, 89 bytes, 3 rows × 4 columns
  date: date, 2012-01-01 to 2012-01-03, all different
  rain: number, 0.5 to 12, all different
  kind: text, 2 different: "sun" 2×, "rain" 1×
  note: text, 2 different: "a, \\"b\\"" 1×, "c" 1×, 1 missing
  first rows:
  {"date":"2012-01-01","rain":0.5,"kind":"sun","note":"a, \\"b\\""}
  {"date":"2012-01-02","rain":12,"kind":"rain","note":null}`)
  })

  it.each([
    ['\uFEFFa\tb\r\n1\t2\r\n', 'text/tab-separated-values', ['a: integer, 1 to 1', 'b: integer']],
    ['"Cost Total $ " ; b\n1;x', 'text/csv', ['"Cost Total $": integer', 'b: text']],
    ['a,A,a, ,"a ""b"""\n1,2,3,4,5', 'text/csv', ['a: ', 'A_2: ', 'a_3: ', 'column_4: ', '"a ""b""": ']],
    ['order,日付,two\twords\n1,2,3', 'text/csv', ['"order": ', '"日付": ', '"two words": ']],
    ['n\n007\n010', 'text/csv', ['1 columns', 'n: text']],
    ['a,b\n', 'text/csv', ['0 rows × 2 columns', 'a: empty', 'b: empty']],
    ['n\n1\nNA\n"1,200"', 'text/csv', ['n: text, 1 of 3 values are numbers, 3 different: "1" 1×, "NA" 1×']],
    [
      '{"a":1}\n{"a":2.5,"b":[1]}\n',
      'application/x-ndjson',
      ['a: number, 1 to 2.5', 'b: string, for example', '1 missing'],
    ],
    [
      '{"total":9,"items":[{"a b":true},{"a b":false}]}',
      'application/json',
      ['2 rows', '"a b": boolean, 2 different: true 1×'],
    ],
  ])('describes %j as a query sees it', (text, mediaType, expected) => {
    const described = [
      describeInput('t', { text, mediaType }),
      describeInput('t', { bytes: new TextEncoder().encode(text), mediaType }),
    ]
    for (const words of expected) for (const one of described) expect(one).toContain(words)
  })

  it('guesses the delimiter and the encoding of a CSV', () => {
    const bytes = new Uint8Array([...'Stra\u00dfe;n\nA;1'].map((letter) => letter.charCodeAt(0)))
    expect(describeInput('t', { bytes, mediaType: 'text/csv' })).toContain(
      '1 rows × 2 columns\n  "Straße": text',
    )
  })

  it('shows all names of a wide table that fit, and counts the others', () => {
    const described = (columns: number) => {
      const names = Array.from({ length: columns }, (_, n) => `column number ${n}`)
      const text = `${names.join()}\n${names.map((_, n) => n).join()}\n`
      return { names, text: describeInput('wide', { text, mediaType: 'text/csv' }) }
    }
    const fitting = described(400)
    expect(fitting.names.filter((name) => !fitting.text.includes(`"${name}"`))).toEqual([])
    expect(fitting.text).not.toContain('left out')
    const wide = described(5_000)
    expect(wide.text).toContain('1 rows × 5000 columns')
    const left = Number(/and (\d+) more columns that are left out/.exec(wide.text)?.[1])
    const shown = new Set(wide.text.match(/"column number \d+"(?=[:,])/g))
    expect(shown.size + left).toBeGreaterThanOrEqual(5_000)
    expect(wide.text.length).toBeLessThan(22_000)
  })

  it('describes a large file by its beginning, and says so', () => {
    const rows = Array.from({ length: 2_000_000 }, (_, n) => `${n},é`).join('\n')
    const bytes = new TextEncoder().encode(`n,m\n${rows}`)
    const began = performance.now()
    const description = describeInput('t', { bytes, mediaType: 'text/csv' })
    expect(description).toMatch(
      /^t: text\/csv, 20\.9 MB, more than (\d+) rows \(described by the first \1\) × 2 columns\n {2}n: integer, 0 to/,
    )
    expect(description).toContain('m: text, 1 different: "é"')
    expect(performance.now() - began).toBeLessThan(20_000)
  })

  it('names the line where a CSV is not a table', () => {
    const description = describeInput('t', { text: 'a,b\n1,"2', mediaType: 'text/csv' })
    expect(description).toContain('not a valid table (row 1: expected a closing quote')
    expect(description).toContain('reads "a,b\\n1,\\"2"')
  })

  it('describes a JSON document that is no table by its keys', () => {
    const text = JSON.stringify({ title: 'x'.repeat(300), rows: [[1, 2]], people: [{ name: 'Ada' }] })
    const description = describeInput('t', { text, mediaType: 'application/json' })
    expect(describeInput('t', { text: '{"a":{"b":1}}', mediaType: 'application/json' })).toContain(
      'JSON: object {"a":{"b":1}}; no table: expected a JSON list of objects',
    )
    expect(description).toContain('1 rows × 1 columns\n  name: text')
  })

  it('shows a text of two thousand characters whole, and says how a table is separated', () => {
    const minutes = 'The fee is 13.25. '.repeat(100)
    expect(describeInput('minutes', { text: minutes, mediaType: 'text/plain' })).toContain(minutes)
    const german = describeInput('l', { text: 'Land;Fläche\nBayern;70.541\n', mediaType: 'text/csv' })
    expect(german).toContain('separated by ;, 1 rows × 2 columns')
    expect(describeInput('l', { text: 'a,b\n1,2\n', mediaType: 'text/csv' })).not.toContain('separated')
  })

  it('lists the headings of a text with their places, outside code', () => {
    const text = `---\ntitle: x\n---\nTitle\n=====\n\n\`\`\`\n# no heading\n\`\`\`\n\n## Part ${'a'.repeat(2_000)}\n\nend`
    const described = describeInput('t', { text, mediaType: 'text/markdown' })
    expect(described).toContain(`  Title (${text.indexOf('Title\n')})\n  ## Part aaa`)
    expect(described).not.toContain('# no heading (')
    const html = `<html><body><h1 class="x">The <b>title</b></h1><p>${'text '.repeat(500)}</p></body></html>`
    expect(describeInput('t', { text: html, mediaType: 'text/html' })).toContain('  h1: The title (12)\n')
  })

  it('reads the pages and title of a PDF, also in compressed streams', () => {
    const objects = '1 0 2 60 <</Type/Pages/Count 12/Kids[4 0 R]>> <</Title<FEFF00DC>/Creator(x)>>'
    const stream = deflateSync(objects)
    const bytes = Buffer.concat([
      Buffer.from('%PDF-1.7\n5 0 obj <</Type/ObjStm/N 2/First 8/Filter/FlateDecode>>\nstream\n'),
      stream,
      Buffer.from('\nendstream endobj\n%%EOF'),
    ])
    expect(describeInput('p', { bytes, mediaType: 'application/pdf' })).toContain('PDF, 12 pages, title "Ü"')
    const unknown = describeInput('p', { text: '%PDF-1.4 (damaged', mediaType: 'application/pdf' })
    expect(unknown).toContain('its number of pages was not found')
    const hostile = `%PDF-1.4 ${'/Title (a) /Type /Pages << '.repeat(100_000)}`
    expect(describeInput('p', { text: hostile, mediaType: 'application/pdf' })).toContain('PDF')
  })

  it.each([
    ['GIF', [...'GIF89a'].map((c) => c.charCodeAt(0)).concat([44, 1, 200, 0]), '300 × 200'],
    ['JPEG', [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc2, 0, 11, 8, 1, 0, 2, 0, 3], '512 × 256'],
    ['SVG', [...'<svg xmlns="x" viewBox="0 0 30 20">'].map((c) => c.charCodeAt(0)), '30 × 20'],
  ])('reads the size of a %s', (format, bytes, size) => {
    const mediaType = format === 'SVG' ? 'image/svg+xml' : 'application/octet-stream'
    expect(describeInput('i', { bytes: Uint8Array.from(bytes), mediaType })).toContain(
      `${format}, ${size} pixels`,
    )
  })

  it.each([
    ['short', 'short: text "short"'],
    ['x'.repeat(3_000), '3000 characters, 1 lines; begins'],
    [42, 'number 42'],
    [null, 'null null'],
    [[1, 2, 3, 4], 'list of 4 (number); first [1,2,3]'],
    [[], 'list of 0 (empty)'],
    [{ a: 1 }, 'object {"a":1}'],
    [{ a: 'x'.repeat(500), b: [1, 2] }, 'object, 2 keys:\n  a: string "xxx'],
    [new Uint8Array(5), 'Uint8Array, 5 bytes'],
    [new Map([[1, 2]]), 'Map of 1'],
    [new Date(0), 'Date 1970-01-01T00:00:00.000Z'],
    [10n, 'bigint 10'],
    [undefined, 'undefined undefined'],
  ])('describes the value %s', (value, words) => {
    expect(describeInput(typeof value === 'string' && value.length < 9 ? value : 'v', value)).toContain(words)
  })

  it('describes a million cells on one screen', () => {
    const rows = Array.from({ length: 50_000 }, (_, n) => ({ n, text: 'x'.repeat(20) + n }))
    expect(describeInput('rows', rows).length).toBeLessThan(1_000)
    const wide = [Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`c${n}`, n]))]
    expect(describeInput('wide', wide).length).toBeLessThan(6_000)
  })

  it.each([
    ['image/png', 'p: image/png, 3 bytes'],
    ['application/json', 'not valid JSON'],
    ['text/plain', '3 bytes; text reads "a,b"'],
  ])('describes a file of type %s', (mediaType, words) => {
    expect(describeInput('p', { text: 'a,b', mediaType })).toContain(words)
  })
})
