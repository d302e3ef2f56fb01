import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ensureNatsServer } from '../src/binary/ensure-nats-server.ts'
import { findNatsServer } from '../src/binary/find-nats-server.ts'
import type { NatsServerBinary } from '../src/binary/server-binary.ts'
import { fetchRelease, RELEASE } from '../src/fetch/fetch-release.ts'

let real: NatsServerBinary
let dir: string

beforeAll(async () => {
  real = await ensureNatsServer()
}, 120_000)

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nats-binary-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

/** An executable that says it is this version. */
async function pretend(folder: string, version: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'nats-server')
  await writeFile(path, `#!/bin/sh\necho "nats-server: v${version}"\n`)
  await chmod(path, 0o755)
  return path
}

describe('findNatsServer', () => {
  const nowhere = { places: [] }

  it('takes NATS_SERVER_BIN first, then the cache, PATH, the usual places', async () => {
    const named = await pretend(join(dir, 'named'), '2.15.0')
    const cacheDir = join(dir, 'cache')
    await pretend(join(cacheDir, '2.14.0'), '2.14.0')
    await pretend(join(cacheDir, '2.13.9'), '2.13.9')
    await pretend(join(dir, 'path'), '2.12.0')
    await pretend(join(dir, 'usual'), '2.11.0')
    const places = [join(dir, 'usual')]
    const PATH = join(dir, 'path')
    const found = (env: Record<string, string>, cache = cacheDir, usual = places) =>
      findNatsServer({ env, cacheDir: cache, places: usual })
    expect(await found({ NATS_SERVER_BIN: named, PATH })).toMatchObject({ source: 'env', version: '2.15.0' })
    expect(await found({ PATH })).toMatchObject({ source: 'cache', version: '2.14.0' })
    expect(await found({ PATH }, join(dir, 'none'))).toMatchObject({ source: 'path', version: '2.12.0' })
    expect(await found({}, join(dir, 'none'))).toMatchObject({ source: 'usual', version: '2.11.0' })
    expect(await found({}, join(dir, 'none'), [])).toBeUndefined()
  })

  it('refuses a named binary below 2.9, passes over one that lies about, warns below 2.11', async () => {
    const old = await pretend(join(dir, 'old'), '2.8.4')
    const cacheDir = join(dir, 'none')
    await expect(findNatsServer({ env: { NATS_SERVER_BIN: old }, cacheDir })).rejects.toMatchObject({
      code: 'binary-too-old',
      message: expect.stringContaining('2.8.4'),
    })
    expect(await findNatsServer({ env: { PATH: dirname(old) }, cacheDir, ...nowhere })).toBeUndefined()
    await pretend(join(dir, 'fair'), '2.10.27')
    const fair = await findNatsServer({ env: { PATH: join(dir, 'fair') }, cacheDir, ...nowhere })
    expect(fair?.warning).toContain('2.11')
  })

  it('refuses a named file that is no nats-server', async () => {
    const path = join(dir, 'nats-server')
    await writeFile(path, '#!/bin/sh\necho hello\n')
    await chmod(path, 0o755)
    await expect(findNatsServer({ env: { NATS_SERVER_BIN: path } })).rejects.toMatchObject({
      code: 'binary-unusable',
    })
  })
})

describe('fetchRelease', () => {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const processor = process.arch === 'x64' ? 'amd64' : process.arch
  const stem = `nats-server-v${RELEASE}-${system}-${processor}`
  let server: Server
  let releasesUrl: string
  let files: Map<string, Buffer>

  beforeAll(async () => {
    files = new Map()
    server = createServer(({ url }, response) => {
      const body = files.get(url ?? '')
      response.statusCode = body === undefined ? 404 : 200
      response.end(body)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    releasesUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  })

  afterAll(() => {
    server.close()
  })

  /** Publishes a release whose archive holds the real binary. */
  async function publish(sum?: string): Promise<void> {
    const folder = join(dir, stem)
    await mkdir(folder)
    await copyFile(real.path, join(folder, 'nats-server'))
    const archive = join(dir, 'archive.tar.gz')
    execFileSync('tar', ['-czf', archive, '-C', dir, stem])
    const { readFile } = await import('node:fs/promises')
    const bytes = await readFile(archive)
    const right = createHash('sha256').update(bytes).digest('hex')
    files.set(`/v${RELEASE}/${stem}.tar.gz`, bytes)
    files.set(`/v${RELEASE}/SHA256SUMS`, Buffer.from(`${sum ?? right}  ${stem}.tar.gz\n`))
  }

  it('takes the executable out of the archive that the list vouches for', async () => {
    await publish()
    const lines: string[] = []
    const scratch = await mkdtemp(join(dir, 'scratch-'))
    const path = await fetchRelease(scratch, { releasesUrl, onProgress: (line) => lines.push(line) })
    expect(execFileSync(path, ['--version'], { encoding: 'utf8' })).toContain(real.version)
    expect(lines.join('\n')).toContain(RELEASE)
  })

  it('refuses an archive with another checksum', async () => {
    await publish('0'.repeat(64))
    const scratch = await mkdtemp(join(dir, 'scratch-'))
    await expect(fetchRelease(scratch, { releasesUrl })).rejects.toMatchObject({ code: 'checksum-mismatch' })
  })

  it('says that there is no network', async () => {
    await expect(fetchRelease(dir, { releasesUrl: 'http://127.0.0.1:9' })).rejects.toMatchObject({
      code: 'fetch-failed',
    })
  })
})

describe('ensureNatsServer', () => {
  it('fetches into an empty cache once, also when asked twice at the same time', async () => {
    const cacheDir = join(dir, 'cache')
    const env = { PATH: process.env.PATH, HOME: dir }
    const ask = () => ensureNatsServer({ env, cacheDir, places: [] })
    const [one, two] = await Promise.all([ask(), ask()])
    expect(one).toMatchObject({ source: 'cache' })
    expect(two.path).toBe(one.path)
    expect(await findNatsServer({ env, cacheDir, places: [] })).toMatchObject({
      path: one.path,
      source: 'cache',
    })
  }, 120_000)

  it('gives the command to install one where nothing can be had', async () => {
    // A PATH without apt-get, and releases that are nowhere.
    const failure = ensureNatsServer({
      env: { PATH: join(dir, 'empty'), HOME: dir },
      cacheDir: join(dir, 'cache'),
      places: [],
      releasesUrl: 'http://127.0.0.1:9',
    })
    await expect(failure).rejects.toMatchObject({
      code: 'binary-not-found',
      message: expect.stringMatching(/install|scoop|curl/),
    })
  })
})
