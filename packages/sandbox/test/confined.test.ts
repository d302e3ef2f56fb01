import { spawnSync } from 'node:child_process'
import type { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { probeIsolation } from '../src/index.ts'
import { findBubblewrap } from '../src/isolation/bubblewrap.ts'
import { childFiles } from '../src/isolation/child-files.ts'
import type { Layers } from '../src/isolation/layers.ts'
import { startWrapped } from '../src/isolation/start-wrapped.ts'

const bwrap = process.platform === 'linux' ? findBubblewrap() : undefined
/** Whether this machine lets a container be made at all: asked without the sandbox's own code. */
const containerWorks =
  bwrap !== undefined && spawnSync(bwrap, ['--unshare-all', '--ro-bind', '/', '/', 'true']).status === 0
if (!containerWorks) {
  const why = bwrap === undefined ? 'no bubblewrap' : 'this system lets bubblewrap make no container'
  console.warn(`the confined rows are NOT run: ${why}`)
}

/** Runs a script where a child would, but without the runtime's permission model: the layers alone hold it. */
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

describe.runIf(containerWorks)('confined', () => {
  it('is what the probe finds where bubblewrap works, filter and limits included', async () => {
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
    ['makes no socket', CONNECT, 'EPERM'],
    [
      'starts no process',
      `throw require('child_process').spawnSync(process.execPath, ['-v']).error`,
      'EPERM',
    ],
    ['signals nobody else', `process.kill(${process.pid}, 0)`, 'ESRCH'],
    ['has an environment of its own', `return Object.keys(process.env).sort()`, ['LC_ALL', 'PWD', 'TZ']],
  ])('by its layers alone %s', async (_, script, seen) => {
    expect(await within(all, script)).toEqual(seen)
  })

  it('owes the refusal of sockets to the filter: without it there is only no network', async () => {
    expect(await within({ ...all, seccomp: false }, CONNECT)).toBe('ECONNREFUSED')
  })
})
