import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { CsvParser, csvRecords, eachCsvRecord, guessDelimiter } from './csv.ts'

/** How the library is told to read what `csvRecords` reads. */
const CSV_PARSE = {
  bom: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
  trim: true,
}

function readText(text: string): string[][] {
  const records: string[][] = []
  eachCsvRecord(text, guessDelimiter(text), (record) => records.push(record))
  return records
}

async function readChunks(source: Parameters<typeof csvRecords>[0], delimiter: string): Promise<string[][]> {
  const records: string[][] = []
  for await (const record of csvRecords(source, delimiter)) records.push(record)
  return records
}

const FILES: [string, string[][]][] = [
  ['', []],
  ['a', [['a']]],
  ['\n\r\n \n', []],
  [
    'a,b\r\n"x, ""y""\nz",1\r\n\r\n,2\n"",3',
    [
      ['a', 'b'],
      ['x, "y"\nz', '1'],
      ['', '2'],
      ['', '3'],
    ],
  ],
  [
    'a,b\r1,2\r"x\ry",3\r',
    [
      ['a', 'b'],
      ['1', '2'],
      ['x\ry', '3'],
    ],
  ],
  [
    '\uFEFF"a;x";b\n1;2',
    [
      ['a;x', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'a\tb\n\t2\n1\t',
    [
      ['a', 'b'],
      ['', '2'],
      ['1', ''],
    ],
  ],
  ['a|b\n1|2|3\n4', [['a', 'b'], ['1', '2', '3'], ['4']]],
  [
    ' a , b \n" x " ,y y\n1, "x, y"\n',
    [
      ['a', 'b'],
      [' x ', 'y y'],
      ['1', 'x, y'],
    ],
  ],
  ['size\n5" nail\nsay "hi"\n""""\n', [['size'], ['5" nail'], ['say "hi"'], ['"']]],
  [
    'ü,雨😀\n"😀\r\n",é',
    [
      ['ü', '雨😀'],
      ['😀\r\n', 'é'],
    ],
  ],
]

/** The bytes of a text in pieces of this size, so that pieces end inside characters, line ends and quotes. */
function* pieces(text: string, size: number): Generator<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

describe('csvRecords', () => {
  it.each(FILES)('reads %j in one piece and in pieces of any size', async (text, expected) => {
    expect(readText(text)).toEqual(expected)
    const delimiter = guessDelimiter(text)
    expect(await readChunks(text, delimiter)).toEqual(expected)
    for (let size = 1; size <= 16; size++) {
      expect(await readChunks(pieces(text, size), delimiter), `pieces of ${size}`).toEqual(expected)
    }
  })

  it('reads every table that was written with quotes', async () => {
    const random = randomNumbers(20_261_129)
    const alphabet = ['a', '1', ' ', '"', ',', ';', '\n', '\r', '\t', '😀', 'é', '\u00a0']
    const cell = () => Array.from({ length: random(6) }, () => alphabet[random(alphabet.length)]).join('')
    for (let round = 0; round < 100; round++) {
      const table = Array.from({ length: 1 + random(5) }, () => Array.from({ length: 1 + random(4) }, cell))
      const text = table
        .map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','))
        .join(['\n', '\r\n', '\r'][round % 3])
      const read: string[][] = []
      eachCsvRecord(text, ',', (record) => read.push(record))
      expect(read, JSON.stringify(text)).toEqual(table)
      expect(await readChunks(pieces(text, 1 + random(9)), ','), JSON.stringify(text)).toEqual(table)
    }
  })

  it('reads arbitrary texts as the library csv-parse does', () => {
    const random = randomNumbers(7)
    const alphabet = ['a', '1', ' ', '"', '""', ',', ',', '\n', '\r', '\t', '😀', '\u00a0', '\u2028']
    let valid = 0
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({ length: random(14) }, () => alphabet[random(alphabet.length)]).join('')
      let expected: string[][] | undefined
      try {
        expected = parse(text, CSV_PARSE)
      } catch {}
      const read: string[][] = []
      let fault: unknown
      try {
        eachCsvRecord(text, ',', (record) => read.push(record))
      } catch (error) {
        fault = error
      }
      // The library refuses some blanks after a closing quote, and takes what is quoted after an empty quoted cell for its
      // content.
      const isOdd = text.includes('""') || /"\s/.test(text)
      if (isOdd && (expected === undefined || fault !== undefined)) continue
      if (expected === undefined) expect(fault, JSON.stringify(text)).toBeDefined()
      else {
        valid += 1
        expect(read, JSON.stringify(text)).toEqual(expected)
      }
    }
    expect(valid).toBeGreaterThan(5_000)
  })

  it('says at which row a quote is never closed, without reading the rest of the file', () => {
    const parser = new CsvParser(',', () => {})
    parser.write('a,b\n1,2\n"3,')
    const rest = 'x'.repeat(1_000_000)
    const writing = () => {
      for (let n = 0; n < 20; n++) parser.write(rest)
    }
    expect(writing).toThrow('row 2: expected at most 16000000 characters in a row')
  })

  it('keeps characters whole when a long text is cut into chunks', async () => {
    const rows = Array.from({ length: 3 }, (_, index) => ['x'.repeat(index), '😀'.repeat(70_000)])
    expect(await readChunks(rows.map((row) => row.join(',')).join('\n'), ',')).toEqual(rows)
  })

  it('reads a source of any length in constant memory, and closes it when the reader stops', async () => {
    let produced = 0
    let closed = false
    async function* endless() {
      try {
        for (;;) yield `${produced++},${'x'.repeat(1_000)}\n`
      } finally {
        closed = true
      }
    }
    let read = 0
    for await (const [number] of csvRecords(endless(), ',')) {
      expect(number).toBe(String(read))
      // The reader is ahead of the loop by at most the buffers of a stream.
      expect(produced - read).toBeLessThan(1_000)
      read += 1
      if (read === 5_000) break
    }
    await expect.poll(() => closed).toBe(true)
  })

  it.each([
    ['a\n1\n"x\ny', 'row 2: expected a closing quote, found the end of the file'],
    ['"a', 'the header: expected a closing quote'],
    ['a,b\n"x"y,1', 'row 1: expected a delimiter or a line break after a closing quote, found other text'],
  ])('names the row at fault in %j', async (text, message) => {
    const fault = expect.objectContaining({ code: 'bad-input', message: expect.stringContaining(message) })
    expect(() => readText(text)).toThrow(fault)
    await expect(readChunks(text, ',')).rejects.toThrow(fault)
    await expect(readChunks(pieces(text, 2), ',')).rejects.toThrow(fault)
  })

  it('passes on the error of its source', async () => {
    async function* broken() {
      yield 'a,b\n'
      throw new Error('the connection was lost')
    }
    await expect(readChunks(broken(), ',')).rejects.toThrow('the connection was lost')
  })
})

describe('guessDelimiter', () => {
  it.each([
    ['a;b,c;d\n1,2,3', ';'],
    ['"a;b;c",d', ','],
    ['a', ','],
    ['a\tb\r\n1;2;3', '\t'],
    ['a|b', '|'],
  ])('finds the delimiter of %j', (text, delimiter) => {
    expect(guessDelimiter(text)).toBe(delimiter)
  })
})

/** Whole numbers below `limit`, the same in every run. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}
