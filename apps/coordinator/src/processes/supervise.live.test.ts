import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSameProcess, type ProcessIdentity, processIdentity } from '@bailiwick/nats-server/process-identity'
import { describe, expect, it } from 'vitest'
import { makeDataDir } from '../config/data-dir.ts'
import { scratch } from '../testing/scratch.ts'
import { untilNoneSurvive } from '../testing/survivors.ts'
import type { ChildSpec } from './child-spec.ts'
import { recallChildren } from './pid-file.ts'
import { type ChildReport, type SupervisedChild, supervise } from './supervise.ts'

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(10)
}

function running(child: SupervisedChild): ProcessIdentity | undefined {
  const { state, pid } = child.report()
  return state === 'running' && pid !== undefined ? processIdentity(pid) : undefined
}

/** Runs a child until it is given up. */
function superviseUntilGivenUp(spec: ChildSpec, dataDir: string, restarts: number): Promise<ChildReport> {
  return new Promise((resolve) => {
    supervise(spec, {
      dataDir,
      restarts,
      onDeath: (report) => {
        if (report.state === 'failed') resolve(report)
      },
    })
  })
}

/** Starts a script from source, as a daemon is started in these tests. */
function startDaemon(file: string): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, file], { stdio: 'inherit' })
}

describe('supervise', () => {
  it('restarts a child that was killed, and ends it with its process group', async () => {
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
    const child = supervise(spec, {
      dataDir: place.folder,
      restarts: 3,
      onDeath: (report) => deaths.push(report),
    })
    await until(() => running(child) !== undefined)
    const first = running(child)
    process.kill(first?.pid ?? 0, 'SIGKILL')
    await until(() => running(child) !== undefined && running(child)?.pid !== first?.pid)
    expect(deaths).toMatchObject([{ state: 'waiting', lastDeath: { reason: 'was killed by SIGKILL' } }])
    expect(child.report().restarts).toBe(1)
    await child.stop(1_000)
    expect(child.report().state).toBe('stopped')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('leaves no child behind if the daemon dies before it has recorded the child', async () => {
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
    const [, signal] = await once(startDaemon(daemon), 'exit')
    expect(signal).toBe('SIGKILL')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
    expect(existsSync(join(place.folder, 'began'))).toBe(false)
  })

  it('gives up a child that keeps dying at start, and reports its last lines', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write('child.mjs', `console.error('no licence'); process.exit(1)`)
    const spec = { name: 'child', script, args: [], env: {}, cwd: place.folder }
    expect(await superviseUntilGivenUp(spec, place.folder, 2)).toMatchObject({
      restarts: 2,
      lastDeath: { reason: 'exited with 1', lines: ['no licence'] },
    })
  })

  it('gives up a child at once if its exit code says that no restart can help', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write('child.mjs', 'process.exit(2)')
    const spec = { name: 'child', script, args: [], env: {}, cwd: place.folder }
    expect(await superviseUntilGivenUp(spec, place.folder, 9)).toMatchObject({ restarts: 0 })
  })

  it('adopts the child of a daemon that was killed, and sees its death', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write(
      'child.mjs',
      `import { writeFileSync } from 'node:fs'
       writeFileSync('began', '')
       setInterval(() => {}, 1000)`,
    )
    const spec = { name: 'child', script, args: [], env: {}, cwd: place.folder }
    const file = await place.write(
      'daemon.mjs',
      `import { supervise } from ${JSON.stringify(new URL('./supervise.ts', import.meta.url).href)}
       const options = { dataDir: ${JSON.stringify(place.folder)}, restarts: 3, onDeath() {} }
       supervise(${JSON.stringify(spec)}, options)
       setInterval(() => {}, 1000)`,
    )
    const daemon = startDaemon(file)
    await until(() => existsSync(join(place.folder, 'began')))
    daemon.kill('SIGKILL')
    await once(daemon, 'exit')
    const [living] = recallChildren(place.folder).living
    const child = supervise(spec, { dataDir: place.folder, restarts: 3, living, onDeath: () => {} })
    expect(child.report()).toMatchObject({ state: 'running', pid: living?.pid, adopted: true })
    process.kill(living?.pid ?? 0, 'SIGKILL')
    await until(() => running(child) !== undefined && running(child)?.pid !== living?.pid)
    const last = running(child)
    await child.stop(1_000)
    expect(last !== undefined && isSameProcess(last)).toBe(false)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})
