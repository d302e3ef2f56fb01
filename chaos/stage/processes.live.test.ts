import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, link, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { judgeProcesses, processesOf } from './processes.ts'

/** Starts a child without environment and in another folder, prints its pid, and exits. */
const PARENT = `
const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
  env: {}, cwd: '/', stdio: 'ignore', detached: true,
})
process.stdout.write(String(child.pid), () => process.exit())`

describe('processesOf', () => {
  it.runIf(process.platform === 'linux')(
    'finds a process whose parent is dead and whose environment and folder do not name the stage',
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

describe('judgeProcesses', () => {
  const at = (pid: number, parent: number, command: string) => ({ pid, parent, command })
  const daemon = at(20, 1, 'node apps/coordinator/src/main.ts')
  const host = at(10, 20, 'node packages/agent/src/host/main.ts ./worker.mjs')
  const box = (pid: number, parent: number) => at(pid, parent, 'bwrap -- node box/child.cjs')
  const judge = (...processes: Parameters<typeof judgeProcesses>[0][number][]) =>
    judgeProcesses(processes, { daemon: 1, host: 1 })

  it('finds no violation if every process exists once and every sandbox has a host', () => {
    expect(judge(host, daemon, box(11, 10), box(12, 11))).toEqual([])
  })

  it.each([
    ['a sandbox whose host is dead', [host, daemon, box(13, 1)], 'a sandbox has lost its host: 13'],
    [
      'a process inside such a sandbox',
      [host, daemon, box(13, 1), box(14, 13)],
      'a sandbox has lost its host: 14',
    ],
    ['a sandbox below the daemon', [host, daemon, box(15, 20)], 'a sandbox has lost its host: 15'],
    ['a host that should have ended', [host, daemon, { ...host, pid: 16 }], 'host: expected 1, found 10, 16'],
    ['two daemons', [host, daemon, { ...daemon, pid: 21 }], 'daemon: expected 1, found 20, 21'],
    ['no daemon', [host], 'daemon: expected 1, found none'],
  ])('reports %s', (_, processes, problem) => {
    expect(judge(...processes).join('\n')).toContain(problem)
  })
})
