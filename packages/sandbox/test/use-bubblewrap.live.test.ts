import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let folder: string
let env: NodeJS.ProcessEnv
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'use-bwrap-'))
  env = { HOME: folder, PATH: join(folder, 'bin') }
  await mkdir(join(folder, 'bin'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Installs a program that a script stands for, and notes each of its runs. */
async function install(name: string, script: string): Promise<void> {
  const path = join(folder, 'bin', name)
  await writeFile(path, `#!/bin/sh\necho "$*" >> '${folder}/${name}.log'\n${script}\n`)
  await chmod(path, 0o755)
}

const runs = async (name: string) => (await readFile(join(folder, `${name}.log`), 'utf8')).trim().split('\n')

/** Calls `useBubblewrap` in a process of its own. Returns the path that it leaves in `BWRAP_BIN`. */
async function use(): Promise<string> {
  const module = JSON.stringify(join(import.meta.dirname, '../src/testing/use-bubblewrap.ts'))
  const script = `import { useBubblewrap } from ${module}; await useBubblewrap(); console.log(process.env.BWRAP_BIN)`
  const args = [...process.execArgv, '--input-type=module', '--eval', script]
  return (await promisify(execFile)(process.execPath, args, { env })).stdout.trim()
}

describe.runIf(process.platform === 'linux')('useBubblewrap', () => {
  it('uses an installed bubblewrap', async () => {
    await install('bwrap', '')
    expect(await use()).toBe(join(folder, 'bin', 'bwrap'))
  })

  it('fetches nothing if the environment names a bubblewrap', async () => {
    env.BWRAP_BIN = '/given/bwrap'
    expect(await use()).toBe('/given/bwrap')
  })

  it('tries to fetch once for several processes, and goes on without bubblewrap if that fails', async () => {
    await install('apt-get', '/bin/sleep 0.3; exit 1')
    expect(await Promise.all([use(), use(), use()])).toEqual(['undefined', 'undefined', 'undefined'])
    expect(await runs('apt-get')).toHaveLength(1)
  })
})
