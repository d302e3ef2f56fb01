import { spawnSync } from 'node:child_process'
import type { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { probeIsolation } from '../src/index.ts'
import { findBubblewrap } from '../src/isolation/bubblewrap.ts'
import { childFiles } from '../src/isolation/child-files.ts'
import type { Layers } from '../src/isolation/layers.ts'
import { startWrapped } from '../src/isolation/start-wrapped.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'

await useBubblewrap()

const bwrap = process.platform === 'linux' ? findBubblewrap() : undefined
/** Whether this machine allows containers at all. Does not use the sandbox's own code. */
const containerWorks =
  bwrap !== undefined && spawnSync(bwrap, ['--unshare-all', '--ro-bind', '/', '/', 'true']).status === 0
if (!containerWorks) {
  const why = bwrap === undefined ? 'there is no bubblewrap' : 'bubblewrap cannot make a container'
  console.warn(`The tests of confined children do NOT run, because ${why}.`)
}

/** Runs a script in place of a child, but without the runtime's permission model, so that only the layers hold it. */
async function within(layers: Layers, script: string): Promise<unknown> {
  const body = `(async () => { ${script} })().catch((e) => e.code ?? e.message).then((v) => require('fs').writeSync(4, JSON.stringify(v ?? null))).then(() => process.exit(0))`
  const { child } = startWrapped(layers, childFiles(), [process.execPath, '-e', body], 256)
  let said = ''
  ;(child.stdio[4] as Readable).on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await new Promise((resolve) => child.once('close', resolve))
  return JSON.parse(said)
}

const CONNECT = `await new Promise((done, fail) => require('net').connect(1, '127.0.0.1').on('connect', done).on('error', fail))`
const all = { limits: true, container: true, seccomp: true }

describe.runIf(containerWorks)('a confined child', () => {
  it('is the isolation that the probe finds if bubblewrap works, with filter and limits', async () => {
    const { isolation, layers, reach } = await probeIsolation()
    expect({ isolation, layers, connects: reach.connects }).toEqual({
      isolation: 'confined',
      layers: all,
      connects: false,
    })
  })

  it.each([
    ['reads no file of the machine', `return require('fs').readFileSync('/etc/passwd', 'utf8')`, 'ENOENT'],
    ['sees no folder of a user', `return require('fs').readdirSync('/home')`, 'ENOENT'],
    ['writes nothing', `require('fs').writeFileSync('here', '1')`, 'EROFS'],
    ['creates no socket', CONNECT, 'EPERM'],
    [
      'starts no process',
      `throw require('child_process').spawnSync(process.execPath, ['-v']).error`,
      'EPERM',
    ],
    ['signals no other process', `process.kill(${process.pid}, 0)`, 'ESRCH'],
    ['has its own environment', `return Object.keys(process.env).sort()`, ['LC_ALL', 'PWD', 'TZ']],
  ])('%s, because of its layers alone', async (_, script, seen) => {
    expect(await within(all, script)).toEqual(seen)
  })

  it('denies sockets because of the filter; without it, there is only no network', async () => {
    expect(await within({ ...all, seccomp: false }, CONNECT)).toBe('ECONNREFUSED')
  })
})
