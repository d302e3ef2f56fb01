import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeTemporaryFolder } from './temporary-folder.ts'

let place: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'places-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(place, { recursive: true })
})

describe.skipIf(process.platform === 'win32')('makeTemporaryFolder', () => {
  it('makes a private folder in TMPDIR', async () => {
    vi.stubEnv('TMPDIR', place)
    const folder = await makeTemporaryFolder('one-')
    expect(dirname(folder)).toBe(place)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  })

  it.each(['missing', 'missing/below'])('falls back to /tmp if TMPDIR is %s', async (name) => {
    vi.stubEnv('TMPDIR', join(place, name))
    const folder = await makeTemporaryFolder('two-')
    expect(dirname(folder)).toBe('/tmp')
    await rm(folder, { recursive: true })
  })

  it('names the variable if no place can be written', async () => {
    vi.stubEnv('TMPDIR', join(place, 'missing'))
    await expect(makeTemporaryFolder('no/such/folder-')).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(
        /^TMPDIR: expected a folder .* found .*missing and \/tmp \(ENOENT.*Set TMPDIR/,
      ),
    })
  })
})
