import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bubblewrapFolder, ensureBubblewrap, findBubblewrap } from './bubblewrap.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'find-bwrap-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

async function program(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '#!/bin/sh\n')
  await chmod(path, 0o755)
  return path
}

it('prefers BWRAP_BIN to PATH, and PATH to the fetched program', async () => {
  const env: NodeJS.ProcessEnv = { HOME: home, PATH: join(home, 'bin') }
  expect(findBubblewrap(env)).toBeUndefined()
  const fetched = await program(join(bubblewrapFolder(env), 'bwrap'))
  expect(findBubblewrap(env)).toBe(fetched)
  const installed = await program(join(home, 'bin', 'bwrap'))
  expect(findBubblewrap(env)).toBe(installed)
  expect(await ensureBubblewrap({ env })).toBe(installed)
  const named = await program(join(home, 'mine'))
  expect(findBubblewrap({ ...env, BWRAP_BIN: named })).toBe(named)
})

it.each(['bwrap', '/nowhere/bwrap', '/'])('refuses BWRAP_BIN=%s', (BWRAP_BIN) => {
  expect(() => findBubblewrap({ BWRAP_BIN })).toThrow(/Expected BWRAP_BIN to be the absolute path/)
})

it('fails with the reason if bubblewrap is missing and apt cannot fetch it', async () => {
  await expect(ensureBubblewrap({ env: { HOME: home, PATH: home } })).rejects.toThrow(
    'no apt on this machine',
  )
})
