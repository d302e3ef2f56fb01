import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  isSameProcess,
  isStillRunning,
  ownIdentity,
  processExists,
  processIdentity,
} from './process-identity.ts'

describe('processIdentity', () => {
  it('identifies a process until it ends', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    const exited = once(child, 'exit')
    const identity = processIdentity(child.pid ?? 0)
    if (identity === undefined) throw new Error('expected the child to run')
    expect(processIdentity(identity.pid)).toEqual(identity)
    expect(isSameProcess(identity)).toBe(true)
    expect(isStillRunning(identity)).toBe(true)
    child.stdin.end()
    await exited
    expect(isSameProcess(identity)).toBe(false)
    expect(isStillRunning(identity)).toBe(false)
    expect(processIdentity(identity.pid)).toBeUndefined()
  })

  it('does not confuse two processes with the same id', () => {
    expect(ownIdentity()).toEqual(processIdentity(process.pid))
    expect(isSameProcess(ownIdentity())).toBe(true)
    expect(isSameProcess({ pid: process.pid, startTime: 'another time' })).toBe(false)
  })

  it('compares only the id if the start time is unknown', () => {
    expect(isSameProcess({ pid: process.pid, startTime: 'unknown' })).toBe(true)
    expect(isSameProcess({ pid: 2 ** 22 + 1, startTime: 'unknown' })).toBe(false)
  })

  it.each([0, -1, -process.pid])('never takes the process group %s for a process', (pid) => {
    expect(processExists(pid)).toBe(false)
    expect(processIdentity(pid)).toBeUndefined()
    expect(isSameProcess({ pid, startTime: 'unknown' })).toBe(false)
  })

  it.runIf(process.platform === 'linux')('does not count a zombie as running', async () => {
    const script = 'sleep 60 & echo $!; exec sleep 60'
    const parent = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const [line] = await once(parent.stdout, 'data')
      const pid = Number(String(line))
      const untilSo = async (isSo: () => boolean) => {
        while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10))
      }
      // A shell would reap its child; the program that replaces it never does.
      await untilSo(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n')
      process.kill(pid, 'SIGKILL')
      await untilSo(() => processIdentity(pid) === undefined)
      expect(processExists(pid)).toBe(true)
      expect(isSameProcess({ pid, startTime: 'unknown' })).toBe(false)
    } finally {
      parent.kill('SIGKILL')
    }
  })
})
