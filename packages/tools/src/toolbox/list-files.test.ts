import { type CallContext, FILE_LIMITS, FILE_LIMITS_TEXT, fileAdvice, formatBytes } from '@bailiwick/contract'
import { expect, it } from 'vitest'
import { listFiles } from './list-files.ts'
import { queryTable } from './query-table.ts'
import type { RunFile, RunFiles } from './run-files.ts'

const context = { signal: new AbortController().signal } as CallContext

/** The files of a task, of which none is read. */
function files(...list: RunFile[]): RunFiles {
  const some: Partial<RunFiles> = {
    list: async () => list,
    share: async () => ({ run: 'r', caller: 'analyst' }),
    async *stream() {
      yield new TextEncoder().encode('# Title\n')
    },
  }
  return some as RunFiles
}

function file(name: string, mediaType: string, size: number): RunFile {
  return { name, from: 'input', ref: { writer: 'user', key: name, name, mediaType, size, sha256: '' } }
}

it('says of a table that is too large what users read before the upload', async () => {
  const size = FILE_LIMITS.tables + 1
  const listed = files(file('rows.csv', 'text/csv', size), file('rows.bin', 'application/zip', size))
  const problem = fileAdvice({ name: 'rows.csv', mediaType: 'text/csv', size })
  expect(problem).toBeDefined()
  expect(await listFiles(listed, {}).run({}, context)).toEqual([
    {
      name: 'rows.csv',
      from: 'input',
      mediaType: 'text/csv',
      size,
      problem,
      description: expect.stringContaining(`500.0 MB; ${problem}`),
    },
    { name: 'rows.bin', from: 'input', mediaType: 'application/zip', size, description: expect.any(String) },
  ])
})

it('describes the first files as prompts do', async () => {
  const listed = files(...Array.from({ length: 12 }, (_, n) => file(`${n}.md`, 'text/markdown', 8)))
  const found = (await listFiles(listed, {}).run({}, context)) as { description?: string }[]
  expect(found[0]?.description).toBe('text/markdown, 8 bytes; text reads "# Title\\n"')
  expect(found.map(({ description }) => description !== undefined)).toEqual([
    ...Array(10).fill(true),
    ...Array(2).fill(false),
  ])
})

it('states the same limit in a query, its description and doctor', async () => {
  const stated = formatBytes(FILE_LIMITS.tables)
  const tool = queryTable(files(file('rows.csv', 'text/csv', FILE_LIMITS.tables + 1)), {})
  await expect(tool.run({ sql: 'select * from rows' }, context)).rejects.toThrow(`at most ${stated} together`)
  expect(tool.description).toContain(`up to ${stated} together`)
  expect(FILE_LIMITS_TEXT).toContain(`queryTable reads up to ${stated}`)
})
