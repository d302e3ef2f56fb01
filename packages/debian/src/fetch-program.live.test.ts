import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseOsRelease } from './apt-sources.ts'
import { fetchProgram } from './fetch-program.ts'

const { id } = parseOsRelease(await readFile('/etc/os-release', 'utf8').catch(() => ''))
const hasApt = ['debian', 'ubuntu'].includes(id) && existsSync('/usr/bin/apt-get')

const bubblewrap = { package: 'bubblewrap', file: 'usr/bin/bwrap' }
let scratch: string

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'apt-'))
})

afterEach(async () => {
  await rm(scratch, { recursive: true, force: true })
})

it.runIf(hasApt)("fetches the distribution's package without touching the machine's apt", async () => {
  const lists = '/var/lib/apt/lists'
  const before = await readdir(lists).catch(() => [])
  const path = await fetchProgram(scratch, bubblewrap)
  expect(execFileSync(path, ['--version'], { encoding: 'utf8' })).toMatch(/^bubblewrap 0\./)
  expect(await readdir(lists).catch(() => [])).toEqual(before)
})

it('says so if there is no apt', async () => {
  await expect(fetchProgram(scratch, bubblewrap, { env: { PATH: scratch } })).rejects.toMatchObject({
    name: 'AptError',
    message: expect.stringContaining('no apt on this machine'),
  })
})
