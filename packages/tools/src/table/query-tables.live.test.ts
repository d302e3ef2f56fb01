import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

const query = (sql: string, files = [weather, people], limits = {}) =>
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
    const greedy = `with recursive t(x) as (select randomblob(1000000) union all select randomblob(1000000) from t limit 3000)
      select count(*), max(y) from (select x as y from t order by x limit 2999)`
    const limits = { memoryBytes: 200 * 2 ** 20 }
    await expect(query(greedy, [], limits)).rejects.toMatchObject({ code: 'child-memory' })
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
