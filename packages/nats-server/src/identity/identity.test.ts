import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadIdentity, saveIdentity, withRevocation } from './identity.ts'

let path: string
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nats-identity-'))
  path = join(dir, 'keys.json')
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

it('creates the keys once, with mode 0600, and reads the same keys back', async () => {
  const created = await loadIdentity(path)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const read = await loadIdentity(path)
  expect(read.account.getPublicKey()).toBe(created.account.getPublicKey())
  expect(read.systemJwt).toBe(created.systemJwt)
  expect(read.operator.getPublicKey()).toBe(created.operator.getPublicKey())
})

it('drops a revocation after the revoked credentials have expired', async () => {
  let identity = await loadIdentity(path)
  identity = await withRevocation(identity, 'UA', { at: 100, expires: 200 })
  identity = await withRevocation(identity, 'UB', { at: 150 })
  expect(Object.keys(identity.revocations).sort()).toEqual(['UA', 'UB'])
  identity = await withRevocation(identity, 'UC', { at: 201, expires: 900 })
  expect(Object.keys(identity.revocations).sort()).toEqual(['UB', 'UC'])
  await saveIdentity(path, identity)
  expect((await loadIdentity(path)).revocations).toEqual(identity.revocations)
})

it('says what to do if the file is damaged', async () => {
  await writeFile(path, '{"v":1')
  await expect(loadIdentity(path)).rejects.toMatchObject({
    code: 'bad-state',
    message: expect.stringContaining('Restore the file from a backup'),
  })
})
