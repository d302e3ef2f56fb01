import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serveRelease } from '../testing/release-server.ts'
import { runModule } from '../testing/run-module.ts'
import { ensureNatsServer } from './ensure-nats-server.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nats-ensure-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

it('fetches once for two processes that want it at the same time', async () => {
  const real = await ensureNatsServer()
  await using releases = await serveRelease(real.path)
  const options = { env: { PATH: dir, HOME: dir }, places: [], releasesUrl: releases.url }
  const module = new URL('./ensure-nats-server.ts', import.meta.url)
  const code = `const { ensureNatsServer } = await import(${JSON.stringify(module)})
    console.log(JSON.stringify(await ensureNatsServer(${JSON.stringify(options)})))`
  const cacheDir = join(
    dir,
    process.platform === 'darwin' ? 'Library/Caches' : '.cache',
    'bailiwick',
    'nats-server',
  )
  // What a fetch that was killed left is not kept.
  await mkdir(join(cacheDir, '.fetch-dead'), { recursive: true })
  const answers = await Promise.all([1, 2].map(() => runModule(code).line()))
  for (const answer of answers) {
    expect(JSON.parse(answer ?? '')).toEqual({
      path: join(cacheDir, real.version, 'nats-server'),
      version: real.version,
      source: 'cache',
    })
  }
  expect(releases.requests.filter((path) => path.endsWith('.tar.gz'))).toHaveLength(1)
  // Neither scratch folders nor locks are left.
  expect(await readdir(cacheDir)).toEqual([real.version])
})

it('gives the command to install one where nothing can be had', async () => {
  // A PATH without apt-get, and releases that are nowhere.
  const failure = ensureNatsServer({
    env: { PATH: dir, HOME: dir },
    places: [],
    releasesUrl: 'http://127.0.0.1:9',
  })
  await expect(failure).rejects.toMatchObject({
    code: 'binary-not-found',
    message: expect.stringMatching(
      /could be fetched:\n.*apt.*\n.*127\.0\.0\.1:9.*\nInstall one:\n {2}\S+.*NATS_SERVER_BIN/s,
    ),
  })
})

it('does not go elsewhere quietly where a checksum is wrong', async () => {
  await using releases = await serveRelease(import.meta.filename, 'f'.repeat(64))
  const failure = ensureNatsServer({ env: { PATH: dir, HOME: dir }, places: [], releasesUrl: releases.url })
  await expect(failure).rejects.toMatchObject({ code: 'checksum-mismatch' })
})

it('says which directory cannot be made', async () => {
  await writeFile(join(dir, 'file'), '')
  const cacheDir = join(dir, 'file', 'cache')
  await expect(ensureNatsServer({ env: { PATH: dir }, cacheDir, places: [] })).rejects.toMatchObject({
    code: 'fetch-failed',
    message: expect.stringContaining(cacheDir),
  })
})
