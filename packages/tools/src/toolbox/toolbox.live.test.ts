import { getArtifact, putArtifact } from '@bailiwick/bus'
import { type ArtifactRef, FILE_LIMITS, NO_USAGE } from '@bailiwick/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startToolboxBed, type ToolboxBed } from '../../test/toolbox-bed.ts'
import { toolbox } from './toolbox.ts'

let bed: ToolboxBed
const call: ToolboxBed['call'] = (...args) => bed.call(...args)

const CSV = 'date,temp\n2012-01-01,12.8\n2012-01-02,10.6\n2012-02-01,9\n'

async function upload(run: string, name: string, text: string, mediaType = 'text/csv'): Promise<ArtifactRef> {
  const bytes = Buffer.from(text)
  return putArtifact(bed.coordinator, { run, name, mediaType, bytes })
}

async function textOf(ref: ArtifactRef): Promise<string> {
  return Buffer.from(await getArtifact(bed.coordinator, ref)).toString()
}

const input = (artifact: ArtifactRef) => ({ name: artifact.name, artifact, description: artifact.name })

beforeAll(async () => {
  bed = await startToolboxBed()
  // Processes start slowly on a busy machine, and no test here is about time limits.
  await bed.host({ query: { timeMs: 50_000 }, chart: { timeMs: 50_000 } })
  const weather = await upload('r1', 'seattle-weather.csv', CSV)
  const broken = await upload('r1', 'broken.json', '{"a":', 'application/json')
  const notes = await upload('r1', 'notes.md', '# Earlier', 'text/markdown')
  const earlier = { status: 'completed' as const, usage: NO_USAGE, artifacts: [notes] }
  await bed.createTask({
    run: 'r1',
    task: 'r1-t1',
    agent: 'analyst',
    inputs: [input(weather), input(broken)],
    results: { t0: earlier },
  })
  await bed.createTask({
    run: 'r2',
    task: 'r2-t1',
    agent: 'analyst',
    inputs: [input(await upload('r2', 'secret.csv', 'a\n1'))],
  })
  await bed.createTask({ run: 'r2', task: 'r2-t2', agent: 'writer' })
})
afterAll(() => bed?.[Symbol.asyncDispose]())

describe('the toolbox', () => {
  it('lists the files of the task with the columns of its tables', async () => {
    const columns = [
      { name: 'date', type: 'date' },
      { name: 'temp', type: 'number' },
    ]
    expect(await call('analyst', 'listFiles', {}, {})).toEqual([
      {
        name: 'seattle-weather.csv',
        from: 'input',
        mediaType: 'text/csv',
        size: CSV.length,
        table: { name: 'seattle_weather', rows: 3, columns },
        description: expect.stringContaining('3 rows × 2 columns\n  date: date, 2012-'),
      },
      {
        name: 'broken.json',
        from: 'input',
        mediaType: 'application/json',
        size: 5,
        problem: expect.stringContaining('broken.json: expected JSON'),
        description: expect.stringContaining('not a valid table'),
      },
      {
        name: 'notes.md',
        from: 'result',
        mediaType: 'text/markdown',
        size: 9,
        description: expect.stringContaining('text reads "# Ear'),
      },
    ])
  })

  it('reads a file or a part of it', async () => {
    expect(await call('analyst', 'readFile', { name: 'seattle-weather.csv' }, {})).toBe(CSV)
    expect(await call('analyst', 'readFile', { name: 'notes.md', from: 2, length: 3 }, {})).toBe('Ear')
    await expect(call('analyst', 'readFile', { name: '../notes.md' }, {})).rejects.toThrow(
      /Expected a known file \(seattle-weather.csv, broken.json, notes.md\), found "..\/notes.md"/,
    )
  })

  it('reads parts of a file that is too large for memory', async () => {
    const line = 'Zeile mit Übergröße, 雨\n'
    const count = Math.ceil(70_000_000 / Buffer.byteLength(line))
    const artifact = await upload('r4', 'huge.txt', line.repeat(count), 'text/plain')
    await bed.createTask({ run: 'r4', task: 'r4-t1', agent: 'analyst', inputs: [input(artifact)] })
    const read = (part: object) =>
      call('analyst', 'readFile', { name: 'huge.txt', ...part }, { run: 'r4', task: 'r4-t1' })
    expect(await read({ from: 0, length: line.length })).toBe(line)
    expect(await read({ from: line.length * (count - 1), length: 1_000 })).toBe(line)
    expect(await read({ from: line.length * 1_000_000 + 5, length: 4 })).toBe(' mit')
    await expect(read({})).rejects.toThrow(
      'expected at most 900000 characters, found more in huge.txt (70.0 MB): give from and a smaller length',
    )
    await expect(read({ length: FILE_LIMITS.readChars + 1 })).rejects.toThrow(
      'expected at most 900000 characters',
    )
  })

  it('runs SQL over the files', async () => {
    const sql =
      "select strftime('%m', date) as month, round(avg(temp), 2) as mean from seattle_weather group by 1"
    expect(await call('analyst', 'queryTable', { sql }, {})).toEqual({
      columns: ['month', 'mean'],
      rows: [
        { month: '01', mean: 11.7 },
        { month: '02', mean: 9 },
      ],
    })
    await expect(call('analyst', 'queryTable', { sql: 'select * from broken' }, {})).rejects.toThrow(
      'expected JSON',
    )
    await expect(call('analyst', 'queryTable', { sql: 'select * from missing' }, {})).rejects.toThrow()
  })

  it('finds an input by its name and by the name of its file', async () => {
    const artifact = await upload('r3', 'Seattle weather.csv', CSV)
    await bed.createTask({
      run: 'r3',
      task: 'r3-t1',
      agent: 'analyst',
      inputs: [{ name: 'weather', artifact, description: '' }],
    })
    const ask = (tool: string, input: unknown) => call('analyst', tool, input, { task: 'r3-t1' })
    for (const table of ['weather', 'seattle_weather']) {
      const result = await ask('queryTable', { sql: `select count(*) as n from ${table}` })
      expect(result).toEqual({ columns: ['n'], rows: [{ n: 3 }] })
    }
    const spec = { mark: 'bar', encoding: { y: { field: 'temp', type: 'quantitative' } } }
    for (const name of ['weather', 'Seattle weather.csv']) {
      expect(await ask('readFile', { name })).toBe(CSV)
      expect(await ask('drawChart', { spec, data: name })).toMatchObject({ warnings: [] })
    }
  })

  it('returns results that are too large for a message', async () => {
    const sql = 'with recursive n(i) as (select 1 union all select i + 1 from n limit 20000) select i from n'
    const { rows } = (await call(
      'analyst',
      'queryTable',
      { sql: `${sql} -- seattle_weather` },
      { id: '1.9' },
    )) as {
      rows: unknown[]
    }
    expect(rows).toHaveLength(20_000)
  })

  it('reads and queries a result that was too long to return', async () => {
    const sql =
      'with recursive n(i) as (select 1 union all select i + 1 from n limit 40000) select i, i as j, i * 1000000 as k from n'
    await call('analyst', 'queryTable', { sql: `${sql} -- seattle_weather` }, { id: '1.10' })
    const name = 'queryTable-1.10.json'
    const listed = (await call('analyst', 'listFiles', {}, {})) as { name: string }[]
    expect(listed.map((file) => file.name)).toContain(name)
    expect(await call('analyst', 'readFile', { name, from: 0, length: 9 }, {})).toMatch(/^\{"/)
    // Results that were returned are no files of the task.
    expect(listed.map((file) => file.name)).not.toContain('queryTable-1.9.json')
  })

  it('keeps each version of a written file, and the same call once', async () => {
    const write = (content: string, id: string) =>
      call('analyst', 'writeArtifact', { name: 'report.md', content }, { id }) as Promise<ArtifactRef>
    const first = await write('one', '2.1')
    const second = await write('two', '2.2')
    expect(await write('two', '2.2')).toEqual(second)
    expect(first).toMatchObject({ writer: 'toolbox', name: 'report.md', mediaType: 'text/markdown', size: 3 })
    expect([await textOf(first), await textOf(second)]).toEqual(['one', 'two'])
    expect(await call('analyst', 'readFile', { name: 'report.md' }, {})).toBe('two')
    const bytes = { name: 'raw.bin', content: 'AAEC', encoding: 'base64' }
    const raw = (await call('analyst', 'writeArtifact', bytes, { id: '2.3' })) as ArtifactRef
    expect([...(await getArtifact(bed.coordinator, raw))]).toEqual([0, 1, 2])
    await expect(call('analyst', 'readFile', { name: 'raw.bin' }, {})).rejects.toThrow('expected a text file')
  })

  it('writes content up to its limit, and says the limit before and when it is exceeded', async () => {
    const write = (content: string) =>
      call('analyst', 'writeArtifact', { name: 'long.txt', content }, { id: '2.5' })
    const text = 'x'.repeat(FILE_LIMITS.writeChars - 2)
    expect(await write(text)).toMatchObject({ size: text.length })
    const lines = '\n'.repeat(FILE_LIMITS.writeChars / 2)
    for (const content of [`${text}x`, lines])
      await expect(write(content)).rejects.toThrow('Expected at most 250000 characters as JSON, found 25000')
    const tool = toolbox(bed.coordinator).find(({ name }) => name === 'writeArtifact')
    expect(tool?.description).toContain('at most 250000 characters as JSON')
  })

  it.each(['../up.md', '/etc/passwd', 'a\\b', '.hidden', 'a\nb', ''])(
    'refuses the file name %j',
    async (name) => {
      await expect(call('analyst', 'writeArtifact', { name, content: '' }, { id: '2.4' })).rejects.toThrow(
        'name',
      )
    },
  )

  it('draws charts of files and of rows', async () => {
    const spec = {
      mark: 'bar',
      encoding: { x: { field: 'date', type: 'ordinal' }, y: { field: 'temp', type: 'quantitative' } },
    }
    const drawn = (await call(
      'analyst',
      'drawChart',
      { spec, data: 'seattle-weather.csv', name: 'temps' },
      { id: '3.1' },
    )) as {
      svg: ArtifactRef
      png: ArtifactRef
      warnings: string[]
    }
    expect(await textOf(drawn.svg)).toContain('date: 2012-02-01; temp: 9')
    expect([drawn.svg.name, drawn.png.name, drawn.png.mediaType, drawn.warnings]).toEqual([
      'temps.svg',
      'temps.png',
      'image/png',
      [],
    ])
    const data = [{ date: 'x', temp: 1 }]
    const rows = (await call('analyst', 'drawChart', { spec, data }, { id: '3.2' })) as typeof drawn
    expect(await textOf(rows.svg)).toContain('date: x; temp: 1')
    const inSpec = { ...spec, data: { url: 'file:///etc/passwd' } }
    await expect(call('analyst', 'drawChart', { spec: inSpec }, { id: '3.3' })).rejects.toThrow(
      'found "file:///etc/passwd"',
    )
    const ofText = { ...spec, data: { url: 'notes.md' } }
    await expect(call('analyst', 'drawChart', { spec: ofText }, { id: '3.4' })).rejects.toThrow(
      'expected a CSV or JSON file for the chart, found notes.md, which is text/markdown',
    )
  })
})

describe('the files that a call sees', () => {
  it('belong to the task that the coordinator recorded, even if the call names another run', async () => {
    const files = (await call('analyst', 'listFiles', {}, { run: 'r2', task: 'r1-t1' })) as { name: string }[]
    expect(files.map(({ name }) => name)).toContain('seattle-weather.csv')
    expect(files.map(({ name }) => name)).not.toContain('secret.csv')
    const ref = await call(
      'analyst',
      'writeArtifact',
      { name: 'x.md', content: 'x' },
      { id: '4.1', run: 'r2' },
    )
    expect(ref).toMatchObject({ key: expect.stringMatching(/^file\/r1\/toolbox\//) })
  })

  it('are none of another run, even if the result of a task or the request for a delegate names them', async () => {
    const foreign = await upload('r5', 'foreign.csv', 'a\n1')
    const own = await upload('r6', 'own.csv', CSV)
    const earlier = {
      status: 'completed' as const,
      usage: NO_USAGE,
      artifacts: [{ ...foreign, name: 'x.csv' }],
    }
    const created = { run: 'r6', task: 'r6-t1', agent: 'analyst' }
    await bed.createTask({ ...created, inputs: [input(foreign), input(own)], results: { t0: earlier } })
    const ask = (tool: string, argument: unknown) =>
      call('analyst', tool, argument, { run: 'r6', task: 'r6-t1' })
    const listed = (await ask('listFiles', {})) as { name: string }[]
    expect(listed.map(({ name }) => name)).toEqual(['own.csv'])
    for (const name of ['foreign.csv', 'x.csv']) {
      await expect(ask('readFile', { name })).rejects.toThrow(`found "${name}"`)
    }
    await expect(ask('queryTable', { sql: 'select * from foreign_' })).rejects.toThrow()
  })

  it('are none for an unknown task or for the task of another agent', async () => {
    for (const task of ['r1-t1', 'r2-t1', 'none']) {
      await expect(call('writer', 'listFiles', {}, { run: 'r2', task })).rejects.toThrow(
        `Agent writer has no task ${task}`,
      )
    }
    await expect(
      call('writer', 'readFile', { name: 'secret.csv' }, { run: 'r2', task: 'r2-t2' }),
    ).rejects.toThrow('found "secret.csv"')
  })
})
