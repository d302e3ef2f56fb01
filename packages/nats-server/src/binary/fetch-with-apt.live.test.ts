import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fetchWithApt } from './fetch-with-apt.ts'

const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '')
const hasApt = /^ID=(debian|ubuntu)$/m.test(osRelease) && existsSync('/usr/bin/apt-get')

let scratch: string

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nats-apt-'))
})

afterEach(async () => {
  await rm(scratch, { recursive: true, force: true })
})

it.runIf(hasApt)("fetches the distribution's package", async () => {
  const path = await fetchWithApt(scratch)
  expect(execFileSync(path, ['--version'], { encoding: 'utf8' })).toMatch(/^nats-server: v2\./)
})

it('says so if there is no apt', async () => {
  await expect(fetchWithApt(scratch, { env: { PATH: scratch } })).rejects.toMatchObject({
    code: 'fetch-failed',
    message: expect.stringContaining('no apt on this machine'),
  })
})
