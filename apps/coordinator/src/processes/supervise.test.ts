import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSameProcess, type ProcessIdentity, processIdentity } from '@bailiwick/nats-server/process-identity'
import { describe, expect, it } from 'vitest'
import { makeDataDir } from '../config/data-dir.ts'
import { scratch } from '../testing/scratch.ts'
import { untilNoneSurvive } from '../testing/survivors.ts'
import { recallChildren } from './pid-file.ts'
import { type ChildReport, type SupervisedChild, supervise } from './supervise.ts'

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10)
}

function running(child: SupervisedChild): ProcessIdentity | undefined {
  const { state, pid } = child.report()
  return state === 'running' && pid !== undefined ? processIdentity(pid) : undefined
}

describe('supervise', () => {
  it('starts a child again that was killed, and ends it with its process group', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write(
      'child.mjs',
      `import { spawn } from 'node:child_process'
       spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { cwd: ${JSON.stringify(place.folder)} })
       setInterval(() => {}, 1000)`,
    )
    const deaths: ChildReport[] = []
    const spec = { name: 'child', script, args: [], env: {}, cwd: place.folder }
    const events = new EventTarget()
    const child = supervise(spec, {
      dataDir: place.folder,
      restarts: 3,
      onDeath(report) {
        deaths.push(report)
        events.dispatchEvent(new Event('death'))
      },
      onGivenUp: () => {},
    })
    await until(() => running(child) !== undefined)
    const first = running(child)
    process.kill(first?.pid ?? 0, 'SIGKILL')
    await once(events, 'death')
    await until(() => running(child) !== undefined && running(child)?.pid !== first?.pid)
    expect(deaths).toMatchObject([{ lastDeath: { reason: 'killed by SIGKILL' } }])
    expect(child.report().restarts).toBe(1)
    await child.stop(1_000)
    expect(child.report().state).toBe('stopped')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('leaves nothing behind where the daemon dies before it has written a child down', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write(
      'child.mjs',
      `import { writeFileSync } from 'node:fs'
       writeFileSync('began', '')
       setInterval(() => {}, 1000)`,
    )
    const daemon = await place.write(
      'daemon.mjs',
      `import { startChild } from ${JSON.stringify(new URL('./child-process.ts', import.meta.url).href)}
       startChild(${JSON.stringify(place.folder)}, ${JSON.stringify({ name: 'child', script, args: [], env: {}, cwd: place.folder })})
       process.kill(process.pid, 'SIGKILL')`,
    )
    const [, signal] = await once(
      spawn(process.execPath, [...process.execArgv, daemon], { stdio: 'inherit' }),
      'exit',
    )
    expect(signal).toBe('SIGKILL')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
    expect(existsSync(join(place.folder, 'began'))).toBe(false)
  })

  it('gives a child up that dies at start again and again, with its last lines', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write('child.mjs', `console.error('no licence'); process.exit(1)`)
    const report = await new Promise<ChildReport>((resolve) => {
      supervise(
        { name: 'child', script, args: [], env: {}, cwd: place.folder },
        { dataDir: place.folder, restarts: 2, onDeath: () => {}, onGivenUp: resolve },
      )
    })
    expect(report).toMatchObject({
      state: 'failed',
      restarts: 2,
      lastDeath: { reason: 'exited with 1', lines: ['no licence'] },
    })
  })

  it('gives a child up at once that says no restart can help', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write('child.mjs', 'process.exit(2)')
    const report = await new Promise<ChildReport>((resolve) => {
      supervise(
        { name: 'child', script, args: [], env: {}, cwd: place.folder },
        { dataDir: place.folder, restarts: 9, onDeath: () => {}, onGivenUp: resolve },
      )
    })
    expect(report).toMatchObject({ state: 'failed', restarts: 0 })
  })

  it('adopts a child that a supervisor before left running, and sees its death', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write('child.mjs', 'setInterval(() => {}, 1000)')
    const spec = { name: 'child', script, args: [], env: {}, cwd: place.folder }
    const quiet = { dataDir: place.folder, restarts: 3, onDeath: () => {}, onGivenUp: () => {} }
    const before = supervise(spec, quiet)
    await until(() => running(before) !== undefined)
    const pid = running(before)?.pid
    before.release()
    const [living] = recallChildren(place.folder).living
    const after = supervise(spec, { ...quiet, living })
    expect(after.report()).toMatchObject({ state: 'running', pid, adopted: true })
    process.kill(pid ?? 0, 'SIGKILL')
    await until(() => running(after) !== undefined && running(after)?.pid !== pid)
    const last = running(after)
    await after.stop(1_000)
    expect(last !== undefined && isSameProcess(last)).toBe(false)
  })
})
