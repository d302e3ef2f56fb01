import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseOsRelease } from './apt-sources.ts'
import { fetchWithApt } from './fetch-with-apt.ts'

const { id } = parseOsRelease(await readFile('/etc/os-release', 'utf8').catch(() => ''))
const hasApt = ['debian', 'ubuntu'].includes(id) && existsSync('/usr/bin/apt-get')

let scratch: string

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nats-apt-'))
})

afterEach(async () => {
  await rm(scratch, { recursive: true, force: true })
})

it.runIf(hasApt)("gets the distribution's package and leaves the machine's apt alone", async () => {
  const lists = '/var/lib/apt/lists'
  const before = await readdir(lists).catch(() => [])
  const path = await fetchWithApt(scratch)
  expect(execFileSync(path, ['--version'], { encoding: 'utf8' })).toMatch(/^nats-server: v2\./)
  expect(await readdir(lists).catch(() => [])).toEqual(before)
})

it('says so where there is no apt', async () => {
  await expect(fetchWithApt(scratch, { env: { PATH: scratch } })).rejects.toMatchObject({
    code: 'fetch-failed',
    message: expect.stringContaining('no apt'),
  })
})
