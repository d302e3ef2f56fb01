import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ReleaseServer, serveRelease } from '../testing/release-server.ts'
import { testBinary } from '../testing/test-binary.ts'
import { fetchRelease, releasePlatform } from './fetch-release.ts'
import { PINNED_RELEASE } from './pinned-release.ts'

let scratch: string

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nats-scratch-'))
})

afterEach(async () => {
  await rm(scratch, { recursive: true, force: true })
})

it('extracts the executable from an archive with the pinned digest', async () => {
  const real = await testBinary()
  await using releases = await serveRelease(real.path)
  const lines: string[] = []
  const path = await fetchRelease(scratch, {
    releasesUrl: releases.url,
    release: releases.release,
    onProgress: (line) => lines.push(line),
  })
  expect(execFileSync(path, ['--version'], { encoding: 'utf8' })).toContain(real.version)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain(releases.release.version)
  expect(releases.requests).toHaveLength(1)
})

it.each([
  ['changed', (archive: Buffer) => Buffer.concat([archive, Buffer.from('x')])],
  ['cut', (archive: Buffer) => archive.subarray(0, -1)],
  ['replaced', () => Buffer.from('something else')],
])('rejects an archive that was %s, even if the list beside it says that it is right', async (_, tamper) => {
  await using releases = await serveRelease(import.meta.filename, tamper)
  const { release } = releases
  const [expected = ''] = Object.values(release.sha256)
  await expect(fetchRelease(scratch, { releasesUrl: releases.url, release })).rejects.toMatchObject({
    code: 'checksum-mismatch',
    message: expect.stringMatching(
      new RegExp(
        `^Expected SHA-256 ${expected} for nats-server-v${release.version}-.*, which is pinned in the source, found [0-9a-f]{64}; the file was not used\\..*NATS_SERVER_BIN`,
      ),
    ),
  })
  expect(await readdir(scratch)).toEqual([])
})

it('downloads nothing for a platform without a pinned digest, and says what to do', async () => {
  await using releases = await serveRelease(import.meta.filename)
  const release = { version: '2.99.0', sha256: { 'plan9-mips.zip': '0'.repeat(64) } }
  await expect(fetchRelease(scratch, { releasesUrl: releases.url, release })).rejects.toMatchObject({
    code: 'fetch-failed',
    message: `Expected a platform whose digest of nats-server 2.99.0 is known (plan9-mips), found ${releasePlatform()}. Nothing was downloaded. Install nats-server yourself, or set NATS_SERVER_BIN to an executable.`,
  })
  expect(releases.requests).toEqual([])
})

it('names the address that did not answer', async () => {
  await expect(
    fetchRelease(scratch, { env: { NATS_SERVER_RELEASES: 'http://127.0.0.1:9/r/' } }),
  ).rejects.toMatchObject({
    code: 'fetch-failed',
    message: expect.stringContaining(
      `http://127.0.0.1:9/r/v${PINNED_RELEASE.version}/nats-server-v${PINNED_RELEASE.version}-`,
    ),
  })
})

it('throws the reason of the abort when it is aborted', async () => {
  await using releases = await serveRelease(import.meta.filename)
  const stop = new AbortController()
  const fetching = fetchRelease(scratch, {
    releasesUrl: releases.url,
    release: releases.release,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('changed my mind')),
  })
  await expect(fetching).rejects.toThrow('changed my mind')
})

describe('the script that pins a release', () => {
  const script = fileURLToPath(new URL('../../scripts/pin-release.ts', import.meta.url))
  const pin = async (releases: ReleaseServer) => {
    const { version } = releases.release
    const file = join(scratch, 'table.ts')
    const args = [script, version, `${releases.url}/v${version}`, file]
    await promisify(execFile)(process.execPath, [...process.execArgv, ...args])
    return readFile(file, 'utf8')
  }

  it.runIf(process.platform === 'linux')('writes the table of the digests', async () => {
    await using releases = await serveRelease(import.meta.filename)
    const [[kind, sum] = []] = Object.entries(releases.release.sha256)
    expect(await pin(releases)).toMatch(
      new RegExp(`version: '2\\.99\\.0',\\n {2}sha256: \\{\\n {4}'${kind}': '${sum}',\\n {2}\\},`),
    )
  })

  it('writes nothing if an archive differs from the list', async () => {
    await using releases = await serveRelease(import.meta.filename, undefined, '0'.repeat(64))
    await expect(pin(releases)).rejects.toThrow('Nothing was written')
    expect(await readdir(scratch)).toEqual([])
  })
})
