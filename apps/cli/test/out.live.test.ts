import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { putArtifact } from '@bailiwick/bus'
import { newRunId } from '@bailiwick/client'
import { findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeOutputs } from '../src/run/outputs.ts'
import { final, type TeamFolder, teamFolder } from './team-folder.ts'

let place: TeamFolder
const path = (...parts: string[]) => join(place.folder, ...parts)

beforeAll(async () => {
  place = await teamFolder(
    {
      worker: {
        t1: [
          `<code>\nawait writeArtifact({ name: 'data.txt', content: 'from the agent' })\n</code>`,
          final('"the answer"'),
        ],
      },
    },
    { agents: [{ name: 'worker', level: 5, tools: ['writeArtifact'] }] },
  )
})
afterAll(() => place?.[Symbol.asyncDispose]())

/** Links of the names that a run writes, each to a file that must not change. */
async function linkedFolder(name: string): Promise<void> {
  await mkdir(path(name))
  for (const file of ['report.md', 'run.json', 'data.txt']) {
    await writeFile(path(`${name}-${file}`), 'precious')
    await symlink(path(`${name}-${file}`), path(name, file))
  }
  await mkdir(path(`${name}-elsewhere`))
  await symlink(path(`${name}-elsewhere`), path(name, 'code'))
}

async function expectReplaced(name: string): Promise<void> {
  for (const file of ['report.md', 'run.json', 'data.txt']) {
    expect(await readFile(path(`${name}-${file}`), 'utf8'), file).toBe('precious')
    expect((await lstat(path(name, file))).isFile(), file).toBe(true)
  }
  expect(await readFile(path(name, 'report.md'), 'utf8')).toBe('the answer\n')
  expect(await readFile(path(name, 'data.txt'), 'utf8')).toBe('from the agent')
  expect(JSON.parse(await readFile(path(name, 'run.json'), 'utf8'))).toMatchObject({ status: 'completed' })
  expect((await readdir(path(name))).sort()).toEqual(['code', 'data.txt', 'report.md', 'run.json'])
  expect((await lstat(path(name, 'code'))).isDirectory()).toBe(true)
  expect(await readdir(path(`${name}-elsewhere`))).toEqual([])
}

describe('--out', () => {
  it('replaces links in the folder, and follows none, with run and with show', async () => {
    await linkedFolder('ran')
    await linkedFolder('shown')
    await place.bailiwick('up', '--detach')
    const ran = await place.bailiwick('run', 'x', '--agent', 'worker', '--out', 'ran')
    expect(ran.code, ran.stderr).toBe(0)
    await expectReplaced('ran')
    const [{ run }] = JSON.parse((await place.bailiwick('runs', '--json')).stdout).runs
    expect((await place.bailiwick('show', run, '--out', 'shown')).code).toBe(0)
    await expectReplaced('shown')
  })

  it('writes artifacts into the folder only, whatever their names are', async () => {
    const bus = await place.connect()
    try {
      const names = [
        '../up',
        '/etc/x',
        '..',
        '.',
        '.hidden',
        'a/b\\c',
        'run.json',
        'sub',
        '\u001b[2J',
        'ü'.repeat(200),
      ]
      const artifacts = await Promise.all(
        names.map(async (name, index) => {
          const file = {
            run: newRunId(),
            name: `${index}`,
            mediaType: 'text/plain',
            bytes: Buffer.from(name),
          }
          // The reference is data from another process, so its name can be anything.
          return { ...(await putArtifact(bus, file)), name }
        }),
      )
      await mkdir(path('all', 'sub'), { recursive: true })
      const before = await readdir(place.folder)
      const details = { run: 'r', tasks: [], result: { status: 'completed', answer: 'x', artifacts } }
      const written = await writeOutputs(bus, details as never, path('all'), () => {})
      expect(await readdir(place.folder)).toEqual(before)
      expect((await readdir(path('all'))).sort()).toEqual([...written, 'sub'].sort())
      expect(written).toEqual([
        'report.md',
        'run.json',
        'up',
        'x',
        'artifact',
        'artifact-2',
        'hidden',
        'c',
        'run-2.json',
        'sub-2',
        '_[2J',
        'ü'.repeat(127),
      ])
      for (const [index, name] of names.entries()) {
        expect(await readFile(path('all', written[index + 2] ?? ''), 'utf8')).toBe(name)
      }
    } finally {
      await bus.close()
      await place.bailiwick('down')
    }
  })
})

describe('an --out that cannot be used', () => {
  it.each([
    ['empty', '', /expected a folder, found an empty text/],
    ['a file', 'file', /expected a folder that can be written, found .*file \(it is not a folder\)/],
    ['a link to a file', 'link', /found .*link \(it is not a folder\)/],
    ['a folder below a file', 'file/out', /found .*file\/out \(ENOTDIR/],
    ['a broken link', 'broken', /expected a folder that can be written, found .*broken/],
    [
      'a folder with a folder in place of run.json',
      'taken',
      /expected to write run.json .*found a folder of that name/,
    ],
    ...(process.platform === 'linux'
      ? [['a folder in which nothing can be written', '/proc/self', /found \/proc\/self/] as const]
      : []),
  ] as const)('is reported before the run if it is %s', async (_, out, message) => {
    await writeFile(path('file'), '')
    await mkdir(path('taken', 'run.json'), { recursive: true })
    await symlink(path('file'), path('link')).catch(() => {})
    await symlink(path('nowhere'), path('broken')).catch(() => {})
    for (const args of [
      ['run', 'x', '--agent', 'worker'],
      ['run', 'x', '--plan'],
      ['show', 'r1'],
      ['fork', 'r1', 't1', '--at', '1'],
      ['demo'],
    ]) {
      const ended = await place.bailiwick(...args, '--out', out)
      expect(ended.stderr, args[0]).toMatch(message)
      expect(ended.code, args[0]).toBe(2)
    }
    expect(findDaemon(path('.bailiwick'))).toBeUndefined()
  })
})

it('keeps what a link points to when nats-config writes its file, and checks the place first', async () => {
  await writeFile(path('conf-target'), 'precious')
  await symlink(path('conf-target'), path('nats.conf'))
  const ended = await place.bailiwick('nats-config', '--out', 'nats.conf')
  expect(ended.code, ended.stderr).toBe(0)
  expect(await readFile(path('conf-target'), 'utf8')).toBe('precious')
  expect((await lstat(path('nats.conf'))).mode & 0o777).toBe(0o600)
  await mkdir(path('folder'))
  const refused = await place.bailiwick('nats-config', '--out', 'folder')
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toMatch(/--out: expected a file at .*folder, found a folder/)
})
