import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, link, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { orphans, processesOf } from './processes.ts'

/** Starts a child that forgets everything that it was told, says its pid, and dies. */
const PARENT = `
const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
  env: {}, cwd: '/', stdio: 'ignore', detached: true,
})
process.stdout.write(String(child.pid), () => process.exit())`

describe('processesOf', () => {
  it.runIf(process.platform === 'linux')(
    'finds a process whose parent is dead and whose environment and folder say nothing',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'chaos-processes-'))
      const node = join(folder, 'node')
      await link(process.execPath, node).catch(() => copyFile(process.execPath, node))
      const parent = spawn(node, ['-e', PARENT], { stdio: ['ignore', 'pipe', 'inherit'] })
      const [chunk] = await once(parent.stdout, 'data')
      const pid = Number(String(chunk))
      await once(parent, 'exit')
      try {
        expect(processesOf(folder).map((one) => one.pid)).toEqual([pid])
      } finally {
        process.kill(pid, 'SIGKILL')
        await rm(folder, { recursive: true })
      }
    },
  )
})

describe('orphans', () => {
  const host = { pid: 10, parent: 1, command: 'node host/main.js ./worker.mjs' }
  const box = (pid: number, parent: number) => ({ pid, parent, command: 'bwrap -- node box/child.cjs' })

  it('are sandboxes without a host above them', () => {
    const daemon = { pid: 20, parent: 1, command: 'node daemon/main.js' }
    expect(orphans([host, daemon, box(11, 10), box(12, 11)])).toEqual([])
    const lost = [box(13, 1), box(14, 13), box(15, 20)]
    expect(orphans([host, daemon, ...lost])).toEqual(lost)
  })
})
