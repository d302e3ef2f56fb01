import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { serveRelease } from '../testing/release-server.ts'
import { testBinary } from '../testing/test-binary.ts'
import { fetchRelease, parseSums, RELEASE } from './fetch-release.ts'

let scratch: string

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nats-scratch-'))
})

afterEach(async () => {
  await rm(scratch, { recursive: true, force: true })
})

it('extracts the executable from an archive with the listed checksum', async () => {
  const real = await testBinary()
  await using releases = await serveRelease(real.path)
  const lines: string[] = []
  const path = await fetchRelease(scratch, {
    releasesUrl: releases.url,
    onProgress: (line) => lines.push(line),
  })
  expect(execFileSync(path, ['--version'], { encoding: 'utf8' })).toContain(real.version)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain(RELEASE)
})

it('rejects an archive with another checksum and leaves no file', async () => {
  await using releases = await serveRelease(import.meta.filename, '0'.repeat(64))
  await expect(fetchRelease(scratch, { releasesUrl: releases.url })).rejects.toMatchObject({
    code: 'checksum-mismatch',
    message: expect.stringContaining('0'.repeat(64)),
  })
  expect(await readdir(scratch)).toEqual([])
})

it('names the address that did not answer', async () => {
  await expect(
    fetchRelease(scratch, { env: { NATS_SERVER_RELEASES: 'http://127.0.0.1:9/r/' } }),
  ).rejects.toMatchObject({
    code: 'fetch-failed',
    message: expect.stringContaining(`http://127.0.0.1:9/r/v${RELEASE}/SHA256SUMS`),
  })
})

it('throws the reason of the abort when it is aborted', async () => {
  await using releases = await serveRelease(import.meta.filename)
  const stop = new AbortController()
  const fetching = fetchRelease(scratch, {
    releasesUrl: releases.url,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('changed my mind')),
  })
  await expect(fetching).rejects.toThrow('changed my mind')
})

it('parses a list of checksums', () => {
  const sum = 'ab'.repeat(32)
  expect(parseSums(`${sum}  one.zip\n${sum.toUpperCase()} *two.zip\r\nnonsense\n\n`)).toEqual(
    new Map([
      ['one.zip', sum],
      ['two.zip', sum],
    ]),
  )
})
