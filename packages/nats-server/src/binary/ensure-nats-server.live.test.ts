import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serveRelease } from '../testing/release-server.ts'
import { runModule } from '../testing/run-module.ts'
import { testBinary } from '../testing/test-binary.ts'
import { ensureNatsServer } from './ensure-nats-server.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nats-ensure-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

it('fetches once for two processes that need it at the same time', async () => {
  const real = await testBinary()
  await using releases = await serveRelease(real.path)
  const { url: releasesUrl, release } = releases
  const options = { env: { PATH: dir, HOME: dir }, places: [], releasesUrl, release }
  const module = new URL('./ensure-nats-server.ts', import.meta.url)
  const code = `const { ensureNatsServer } = await import(${JSON.stringify(module)})
    console.log(JSON.stringify(await ensureNatsServer(${JSON.stringify(options)})))`
  const cacheDir = join(
    dir,
    process.platform === 'darwin' ? 'Library/Caches' : '.cache',
    'bailiwick',
    'nats-server',
  )
  // A killed fetch left this folder behind.
  await mkdir(join(cacheDir, '.fetch-dead'), { recursive: true })
  const outputs = await Promise.all([1, 2].map(() => runModule(code).line()))
  for (const output of outputs) {
    expect(JSON.parse(output ?? '')).toEqual({
      path: join(cacheDir, real.version, 'nats-server'),
      version: real.version,
      source: 'cache',
    })
  }
  expect(releases.requests.filter((path) => path.endsWith('.tar.gz'))).toHaveLength(1)
  // No scratch folders and no locks are left.
  expect(await readdir(cacheDir)).toEqual([real.version])
})

it('names the command that installs nats-server if none can be fetched', async () => {
  // apt-get is not on this PATH, and nothing listens at the address of the releases.
  const failure = ensureNatsServer({
    env: { PATH: dir, HOME: dir },
    places: [],
    releasesUrl: 'http://127.0.0.1:9',
  })
  await expect(failure).rejects.toMatchObject({
    code: 'binary-not-found',
    message: expect.stringMatching(
      /could not fetch one:\n.*apt.*\n.*127\.0\.0\.1:9.*\nInstall it:\n {2}\S+.*NATS_SERVER_BIN/s,
    ),
  })
})

it('tries no other source after a wrong checksum', async () => {
  await using releases = await serveRelease(import.meta.filename, () => Buffer.from('tampered'))
  const { url: releasesUrl, release } = releases
  const failure = ensureNatsServer({ env: { PATH: dir, HOME: dir }, places: [], releasesUrl, release })
  await expect(failure).rejects.toMatchObject({ code: 'checksum-mismatch' })
})

it('names the cache directory that it cannot create', async () => {
  await writeFile(join(dir, 'file'), '')
  const cacheDir = join(dir, 'file', 'cache')
  await expect(ensureNatsServer({ env: { PATH: dir }, cacheDir, places: [] })).rejects.toMatchObject({
    code: 'fetch-failed',
    message: expect.stringContaining(cacheDir),
  })
})
