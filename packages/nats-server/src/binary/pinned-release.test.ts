import { expect, it } from 'vitest'
import { releasePlatform } from './fetch-release.ts'
import { PINNED_RELEASE } from './pinned-release.ts'

it('pins a digest of each archive', () => {
  expect(PINNED_RELEASE.version).toMatch(/^\d+\.\d+\.\d+$/)
  const sums = Object.values(PINNED_RELEASE.sha256)
  for (const sum of sums) expect(sum).toMatch(/^[0-9a-f]{64}$/)
  expect(new Set(sums).size).toBe(sums.length)
})

it.each([
  ['linux', 'x64', 'linux-amd64.tar.gz'],
  ['linux', 'arm64', 'linux-arm64.tar.gz'],
  ['linux', 'arm', 'linux-arm7.tar.gz'],
  ['darwin', 'x64', 'darwin-amd64.tar.gz'],
  ['darwin', 'arm64', 'darwin-arm64.tar.gz'],
  ['win32', 'x64', 'windows-amd64.zip'],
])('has an archive for %s on %s', (system, processor, archive) => {
  expect(archive.startsWith(`${releasePlatform(system, processor)}.`)).toBe(true)
  expect(Object.keys(PINNED_RELEASE.sha256)).toContain(archive)
})
