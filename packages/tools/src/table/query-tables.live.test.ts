import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeInput } from '@bailiwick/core/inputs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeTables, queryTables } from './query-tables.ts'
import type { TableFile } from './table.ts'

const signal = new AbortController().signal

const weather: TableFile = {
  file: 'weather.csv',
  name: 'weather',
  format: 'csv',
  text: 'date,temp max,rain,code\n2012-01-01,12.8,true,007\n2012-01-02,10,false,008\n2012-02-01,,true,009\n',
}
const people: TableFile = {
  file: 'people.json',
  name: 'people',
  format: 'json',
  text: JSON.stringify([
    { name: 'Ada', id: 9007199254740991, tags: ['x'] },
    { name: "O'Neil; drop table people" },
  ]),
}

/** A process starts slowly on a busy machine, so only the tests of the time limit have a short one. */
const PATIENT = { timeMs: 50_000 }

const query = (sql: string, files: TableFile[] = [weather, people], limits = {}) =>
  queryTables(files, sql, { signal, limits: { ...PATIENT, ...limits } })

const endless = 'with recursive t(x) as (select 1 union all select x + 1 from t) select count(*) from t'

describe('queryTables', () => {
  it('infers the types of a CSV', async () => {
    const result = await query(
      'select date, "temp max" as t, typeof(rain) as r, code from weather order by date',
    )
    expect(result).toEqual({
      columns: ['date', 't', 'r', 'code'],
      rows: [
        { date: '2012-01-01', t: 12.8, r: 'integer', code: '007' },
        { date: '2012-01-02', t: 10, r: 'integer', code: '008' },
        { date: '2012-02-01', t: null, r: 'integer', code: '009' },
      ],
    })
  })

  it('queries several files at once', async () => {
    const sql =
      'select strftime(\'%m\', date) as month, avg("temp max") as mean, (select count(*) from people) as n from weather group by 1 order by 1'
    expect((await query(sql)).rows).toEqual([
      { month: '01', mean: 11.4, n: 2 },
      { month: '02', mean: null, n: 2 },
    ])
  })

  it('keeps columns of the same name, and integers beyond 2^53 exact', async () => {
    const result = await query(
      'select a.name, b.name, a.id + 2 as big from people a join people b on a.id = b.id',
    )
    expect(result.rows).toEqual([{ name: 'Ada', name_2: 'Ada', big: '9007199254740993' }])
  })

  it('never runs names or values of a file as SQL', async () => {
    const file: TableFile = {
      file: 'x.csv',
      name: 'x',
      format: 'tsv',
      text: 'a"); drop table x; --\ta"); drop table x; --\n1\'); delete from x; --\t2\n',
    }
    const { rows, columns } = await query('select * from x', [file])
    expect(columns).toEqual(['a"); drop table x; --', 'a"); drop table x; --_2'])
    expect(rows).toHaveLength(1)
  })

  it('lists the known tables and columns in the error about an unknown one', async () => {
    await expect(query('select temp from weather')).rejects.toThrow(
      'no such column: temp; found: weather(date, temp max, rain, code); people(name, id, tags)',
    )
  })

  it.each([
    ["attach ':memory:' as other", /anything but reading|attached/],
    ["select load_extension('/tmp/x.so')", /anything but reading|not authorized/],
    ['pragma temp_store_directory = "/tmp"', /anything but reading is refused/],
    ['pragma writable_schema = on', /anything but reading is refused/],
    ['create table t (x)', /anything but reading is refused/],
    ["update weather set code = ''", /anything but reading is refused/],
    ['delete from weather', /anything but reading is refused/],
    ["vacuum into '/tmp/stolen.db'", /returns no rows/],
    ['begin', /anything but reading is refused/],
    ['select 1; delete from weather', /more than one statement/],
    ['select 1; select 2', /more than one statement/],
    ['', /expected one SELECT/],
    ['selekt 1', /syntax error/],
  ])('refuses %s', async (sql, reason) => {
    await expect(query(sql)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(reason),
    })
  })

  it('allows a query about tables, and a semicolon or comment at the end', async () => {
    const { rows } = await query("select name from pragma_table_info('weather'); -- columns")
    expect(rows.map((row) => row.name)).toEqual(['date', 'temp max', 'rain', 'code'])
  })

  it('is killed at its time limit', async () => {
    await expect(query(endless, [], { timeMs: 700 })).rejects.toMatchObject({ code: 'child-timeout' })
  })

  it.runIf(process.platform === 'linux')('is killed at its memory limit', async () => {
    const greedy = `with recursive t(x) as (select 1 union all select x + 1 from t limit 49000)
      select hex(randomblob(10000)) from t`
    const limits = { memoryBytes: 200 * 2 ** 20 }
    await expect(query(greedy, [], limits)).rejects.toMatchObject({ code: 'child-memory' })
  })

  it.runIf(process.platform !== 'win32')(
    'sorts on the disk up to its limit',
    { timeout: 300_000 },
    async () => {
      const sort = `with recursive t(x) as (select 1 union all select x + 1 from t limit 150)
      select count(*) as n, min(y) as least from (select randomblob(1000000) as y from t order by y limit 149)`
      expect((await query(sort, [], { diskBytes: 1e9 })).rows[0]?.n).toBe(149)
      await expect(query(sort, [], { diskBytes: 5e6 })).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining(
          'expected temporary files of at most 5.0 MB and room for them on the disk',
        ),
      })
    },
  )

  it('decides about types by all rows of a long file, in any encoding', { timeout: 300_000 }, async () => {
    const lines = Array.from({ length: 30_000 }, (_, n) => `${n},${n},${n},x`)
    const end = '30000,0.5,007,caf\u00e9'
    const text = `id,real,code,late\n${lines.join('\n')}\n${end}\n`
    for (const encoding of ['utf8', 'latin1', 'utf16le'] as const) {
      const bytes = Buffer.from(encoding === 'utf16le' ? `\ufeff${text}` : text, encoding)
      let opened = 0
      const open = async function* () {
        opened += 1
        for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000)
      }
      const file = { file: 'long.csv', name: 'long', format: 'csv', size: bytes.length, open } as const
      const sql = `select count(*) as n, typeof(id) as id, typeof(real) as real, typeof(code) as code, max(late) as late
        from long where id >= 29999 group by 2, 3, 4`
      expect((await query(sql, [file])).rows).toEqual([
        { n: 2, id: 'integer', real: 'real', code: 'text', late: 'x' },
      ])
      expect((await query("select late from long where code = '007'", [file])).rows).toEqual([
        { late: 'caf\u00e9' },
      ])
      expect(opened).toBe(encoding === 'latin1' ? 6 : 4)
    }
  })

  it('reads a file once if its first rows show the types', async () => {
    const text = `id,name\n${Array.from({ length: 30_000 }, (_, n) => `${n},n${n}`).join('\n')}`
    let opened = 0
    const open = async function* () {
      opened += 1
      yield Buffer.from(text)
    }
    const file = { file: 'a.csv', name: 'a', format: 'csv', size: text.length, open } as const
    expect((await query('select count(*) as n, max(id) as most from a', [file])).rows).toEqual([
      { n: 30_000, most: 29_999 },
    ])
    expect(opened).toBe(1)
  })

  it.each([
    ['long rows', 120_000_000, 'id,text', `1,${'y'.repeat(50_000)}`],
    [
      'many columns',
      30_000_000,
      Array.from({ length: 2_000 }, (_, n) => `c${n}`).join(','),
      '12345,'.repeat(1_999),
    ],
  ])('reads a table of %s in little memory', { timeout: 300_000 }, async (_, bytes, header, row) => {
    const piece = Buffer.from(`${row}\n`)
    const count = Math.ceil(bytes / piece.length)
    const open = async function* () {
      yield Buffer.from(`${header}\n`)
      for (let n = 0; n < count; n++) yield piece
    }
    const size = header.length + 1 + count * piece.length
    const file = { file: 'a.csv', name: 'a', format: 'csv', size, open } as const
    const limits = { memoryBytes: 260 * 2 ** 20 }
    expect((await query('select count(*) as n from a', [file], limits)).rows).toEqual([{ n: count }])
  })

  it('throws the error of a file that cannot be read', async () => {
    const open = async function* () {
      yield Buffer.from('a,b\n')
      throw new Error('the file is gone')
    }
    const file = { file: 'a.csv', name: 'a', format: 'csv', size: 100, open } as const
    await expect(query('select 1', [file])).rejects.toThrow('the file is gone')
  })

  it('refuses a result with more rows or bytes than its limit', async () => {
    const three = "select value from json_each('[1,2,3]')"
    await expect(query(three, [], { rows: 2 })).rejects.toThrow('more than 2 rows')
    expect((await query(three, [], { rows: 3 })).rows).toHaveLength(3)
    await expect(query('select hex(zeroblob(5000))', [], { replyBytes: 1000 })).rejects.toMatchObject({
      code: 'child-reply',
    })
  })

  it('stops when it is canceled', async () => {
    const controller = new AbortController()
    const running = queryTables([], endless, { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('enough')), 300)
    await expect(running).rejects.toThrow('enough')
  })
})

describe('a table with more columns than SQL allows', () => {
  const names = Array.from({ length: 5_000 }, (_, n) => `column number ${n}`)
  const text = `${names.join()}\n${names.map((_, n) => n).join()}\n${names.map(() => '').join()}\n`
  const wide: TableFile = { file: 'wide.csv', name: 'wide', format: 'csv', text }

  it('is queried by the names that its description shows', async () => {
    const description = describeInput('wide', { text, mediaType: 'text/csv' })
    const shown = [...new Set(description.match(/"column number \d+"(?=[:,])/g))]
    expect(shown.length).toBeGreaterThan(300)
    const [first, last] = [shown[1] ?? '', shown.at(-1) ?? '']
    const sql = `select ${first} as a, ${last} as b, (select count(*) from wide) as n from wide limit 1`
    const number = (name: string) => Number(/\d+/.exec(name)?.[0])
    expect((await query(sql, [wide])).rows).toEqual([{ a: number(first), b: number(last), n: 2 }])
    expect((await query('select count(*) as n from wide', [wide])).rows).toEqual([{ n: 2 }])
  })

  it('is refused if a query wants all columns', async () => {
    await expect(query('select * from wide', [wide])).rejects.toThrow(
      'expected a query that names the columns which it needs of wide, because the table has 5000 columns',
    )
  })
})

it.each([
  ['csv', ' a , A ,"b ""c""",order, ,1st,größe,x\ty\n1,2,3,4,5,6,7,8\n'],
  ['csv', '\uFEFF"Cost Total $ ";"a;b"\r\n1;2\r\n'],
  ['tsv', 'select\ttwo  words\tτιμή\n1\t2\t3\n'],
  ['json', JSON.stringify([{ ' a ': 1, A: 2, '': 3, 'x"y': 4, 日付: 5 }])],
] as const)('a %s file has the columns that its description shows: %j', async (format, text) => {
  const mediaType = { csv: 'text/csv', tsv: 'text/tab-separated-values', json: 'application/json' }[format]
  const description = describeInput('t', { text, mediaType })
  const shown = description.split('\n').flatMap((line) => /^ {2}(".*"|\S+): integer, /.exec(line)?.[1] ?? [])
  const file: TableFile = { file: 't', name: 't', format, text }
  const { columns, rows } = await query('select * from t', [file])
  expect(shown).toHaveLength(columns.length)
  const again = await query(`select ${shown.map((name, index) => `${name} as c${index}`).join()} from t`, [
    file,
  ])
  expect(Object.values(again.rows[0] ?? {})).toEqual(Object.values(rows[0] ?? {}))
})

describe('the process of a query', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sql-reach-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('writes no file', async () => {
    const target = join(folder, 'stolen.db')
    await expect(query(`vacuum into '${target}'`)).rejects.toThrow('returns no rows')
    await expect(stat(target)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('describeTables', () => {
  it('returns columns and types, or the reason why a file is not a table', async () => {
    const broken: TableFile = { file: 'b.json', name: 'b', format: 'json', text: '{"a":1}' }
    expect(await describeTables([weather, people, broken], { signal, limits: PATIENT })).toEqual([
      {
        file: 'weather.csv',
        name: 'weather',
        rows: 3,
        columns: [
          { name: 'date', type: 'date' },
          { name: 'temp max', type: 'number' },
          { name: 'rain', type: 'boolean' },
          { name: 'code', type: 'text' },
        ],
      },
      {
        file: 'people.json',
        name: 'people',
        rows: 2,
        columns: [
          { name: 'name', type: 'text' },
          { name: 'id', type: 'integer' },
          { name: 'tags', type: 'json' },
        ],
      },
      { file: 'b.json', name: 'b', problem: expect.stringContaining('expected a JSON list of objects') },
    ])
  })
})
