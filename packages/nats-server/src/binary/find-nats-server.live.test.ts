import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findNatsServer } from './find-nats-server.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nats-find-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

/** Writes an executable that claims this version. */
async function fakeServer(folder: string, version: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'nats-server')
  await writeFile(path, `#!/bin/sh\necho "nats-server: v${version}"\n`)
  await chmod(path, 0o755)
  return path
}

describe('findNatsServer', () => {
  const nowhere = { places: [] }

  it('prefers NATS_SERVER_BIN, then the cache, PATH and the usual places', async () => {
    const named = await fakeServer(join(dir, 'named'), '2.15.0')
    const cacheDir = join(dir, 'cache')
    await fakeServer(join(cacheDir, '2.14.0'), '2.14.0')
    await fakeServer(join(cacheDir, '2.13.9'), '2.13.9')
    await fakeServer(join(dir, 'path'), '2.12.0')
    await fakeServer(join(dir, 'usual'), '2.11.0')
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

  it('rejects a named binary below 2.9, skips such a binary on PATH, and warns below 2.11', async () => {
    const old = await fakeServer(join(dir, 'old'), '2.8.4')
    const cacheDir = join(dir, 'none')
    await expect(findNatsServer({ env: { NATS_SERVER_BIN: old }, cacheDir })).rejects.toMatchObject({
      code: 'binary-too-old',
      message: expect.stringContaining('2.8.4'),
    })
    expect(await findNatsServer({ env: { PATH: dirname(old) }, cacheDir, ...nowhere })).toBeUndefined()
    await fakeServer(join(dir, 'fair'), '2.10.27')
    const fair = await findNatsServer({ env: { PATH: join(dir, 'fair') }, cacheDir, ...nowhere })
    expect(fair?.warning).toContain('2.11')
  })

  it('rejects a named file that is not nats-server', async () => {
    const path = join(dir, 'nats-server')
    await writeFile(path, '#!/bin/sh\necho hello\n')
    await chmod(path, 0o755)
    await expect(findNatsServer({ env: { NATS_SERVER_BIN: path } })).rejects.toMatchObject({
      code: 'binary-unusable',
    })
  })
})
