import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Bus, connectBus, MAX_FILE_BYTES, requestRun } from '@bailiwick/bus'
import { FILE_LIMITS, fileAdvice } from '@bailiwick/contract'
import { jwtServerConfig } from '@bailiwick/nats-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run, start } from './program.ts'
import { final, type TeamFolder, teamFolder } from './team-folder.ts'

let place: TeamFolder
let auditor: Bus
let operator: Bus

beforeAll(async () => {
  place = await teamFolder(
    { worker: { '*': [final("(await readFile({ name: 'large', from: 5, length: 3 }))")] } },
    { agents: [{ name: 'worker', level: 5, tools: ['readFile'] }] },
  )
  const up = await place.bailiwick('up', '--detach')
  expect(up.code, up.stderr).toBe(0)
  operator = await place.connect('--role', 'user')
  const { NATS_URL: url } = JSON.parse((await place.bailiwick('env', '--json')).stdout)
  const { credentials } = await jwtServerConfig(join(place.folder, '.bailiwick/nats'), [{ name: 'auditor' }])
  auditor = await connectBus({ url, creds: credentials.get('auditor') ?? '', name: 'auditor' })
})
afterAll(async () => {
  await auditor?.close()
  await operator?.close()
  await place?.[Symbol.asyncDispose]()
})

/** A file of zeros that takes no space on the disk. */
async function sparse(name: string, size: number): Promise<string> {
  const path = resolve(place.folder, name)
  await using file = await open(path, 'w')
  await file.truncate(size)
  return path
}

const storedMessages = async () => (await auditor.jsm.streams.info('FILES')).state.messages
const runs = async () => (await requestRun(operator, 'list', {})).runs.length

describe('an input', () => {
  it.each([
    ['a pipe', 'a pipe', (path: string) => promisify(execFile)('sh', ['-c', 'mkfifo "$0"', path])],
    ['a folder', 'a folder', (path: string) => mkdir(path)],
    ['a link to a device', 'a device', (path: string) => symlink('/dev/zero', path)],
    ['a file over the limit', 'at most 1.1 GB', (path: string) => sparse(path, MAX_FILE_BYTES + 1)],
    ['an impossible name\n', 'without control characters', (path: string) => writeFile(path, '')],
  ])('that is %s is refused before anything is stored', async (name, problem, make) => {
    const path = join(place.folder, `in ${name}`)
    await make(path)
    const before = await runs()
    const ended = await run(['run', 'x', '--agent', 'worker', '--input', `large=${path}`], {
      cwd: place.folder,
    })
    expect(ended.code, ended.stderr).toBe(2)
    expect(ended.stderr).toContain('--input: ')
    expect(ended.stderr.toLowerCase()).toContain(problem.toLowerCase())
    expect([await runs(), await storedMessages()]).toEqual([before, 0])
  })

  it('that is a socket or a device is refused', async () => {
    const path = join(place.folder, 'socket')
    const server = createServer().listen(path)
    await once(server, 'listening')
    for (const [input, kind] of [
      [path, 'a socket'],
      ['/dev/zero', 'a device'],
      ['/dev/null', 'a device'],
    ] as const) {
      const ended = await run(['run', 'x', '--agent', 'worker', '--input', input], { cwd: place.folder })
      expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(`found ${kind}`)])
    }
    server.close()
    expect(await storedMessages()).toBe(0)
  })
})

describe('an upload', () => {
  it('reports its progress, and ends with Ctrl-C without a run and with nothing stored', async () => {
    const path = await sparse('endless.csv', MAX_FILE_BYTES)
    const before = await runs()
    const program = start(['run', 'x', '--agent', 'worker', '--input', `large=${path}`], {
      cwd: place.folder,
    })
    const said = await program.until(/Uploading: \d+%, .* of 1\.1 GB, .*\/s/)
    expect(await storedMessages()).toBeGreaterThan(0)
    // Before the upload, in the words that agents and the toolbox read.
    const advice = fileAdvice({ name: 'endless.csv', mediaType: 'text/csv', size: FILE_LIMITS.file })
    expect(said).toContain(`--input: endless.csv: ${advice}\n`)
    const interruptedAt = Date.now()
    program.child.kill('SIGINT')
    expect((await program.ended).code).toBe(130)
    expect(Date.now() - interruptedAt).toBeLessThan(10_000)
    expect([await runs(), await storedMessages()]).toEqual([before, 0])
  })

  it('leaves nothing behind if the run is refused', async () => {
    const path = await sparse('small.csv', 300_000)
    const args = ['run', 'x', '--agent', 'nobody', '--input', path, '--input', `again=${path}`]
    const ended = await run(args, { cwd: place.folder })
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('nobody')])
    expect(await storedMessages()).toBe(0)
  })

  it('of a text that is described by its beginning is part of the run', async () => {
    const path = join(place.folder, 'large.csv')
    await writeFile(path, `12345abc${'a row of text\n'.repeat(1_500_000)}`)
    const ended = await run(['run', 'x', '--agent', 'worker', '--input', path], { cwd: place.folder })
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: 'abc\n' })
  })
})
