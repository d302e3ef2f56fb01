import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
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

/** Supervises a child until its state is `failed`. */
async function superviseUntilFailed(
  spec: ChildSpec,
  options: { dataDir: string; restarts: number; files?: string[]; onRecovered?(): void },
): Promise<{ child: SupervisedChild; failed: ChildReport }> {
  const { promise, resolve } = Promise.withResolvers<ChildReport>()
  const child = supervise(spec, {
    ...options,
    onDeath: (report) => {
      if (report.state === 'failed') resolve(report)
    },
  })
  return { child, failed: await promise }
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

  it('reports a child that keeps dying at start, and tries it again until it stays up', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write(
      'child.mjs',
      `import { existsSync } from 'node:fs'
       if (!existsSync('licence')) { console.error('no licence'); process.exit(1) }
       setInterval(() => {}, 1000)`,
    )
    const spec = { name: 'child', script, args: [], env: {}, cwd: place.folder }
    const { promise: recovered, resolve: onRecovered } = Promise.withResolvers<void>()
    const { child, failed } = await superviseUntilFailed(spec, {
      dataDir: place.folder,
      restarts: 1,
      onRecovered,
    })
    expect(failed).toMatchObject({
      restarts: 1,
      quickDeaths: 2,
      lastDeath: { reason: 'exited with 1', lines: ['no licence'] },
    })
    expect(failed.nextTryAt).toBeGreaterThan(Date.now() - 1_000)
    await until(() => child.report().quickDeaths >= 3)
    expect(child.report().state).toBe('failed')
    await place.write('licence', '')
    await recovered
    expect(child.report()).toMatchObject({ state: 'running', quickDeaths: 0 })
    await child.stop(1_000)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('tries a failed child soon if it is needed', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write('child.mjs', 'process.exit(2)')
    const spec = { name: 'child', script, args: [], env: {}, cwd: place.folder }
    const { child, failed } = await superviseUntilFailed(spec, { dataDir: place.folder, restarts: 9 })
    // No restart helps, so without a need the next try is a minute away.
    expect(failed.restarts).toBe(0)
    expect(failed.nextTryAt).toBeGreaterThan(Date.now() + 50_000)
    child.need()
    await until(() => child.report().quickDeaths === 2)
    await child.stop(1_000)
  })

  it('tries a child that cannot load its definition again when the file changes', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write('child.mjs', 'process.exit(2)')
    const spec = { name: 'child', script, args: [], env: {}, cwd: place.folder }
    const { child } = await superviseUntilFailed(spec, {
      dataDir: place.folder,
      restarts: 9,
      files: [script],
    })
    await place.write('child.mjs', 'setInterval(() => {}, 1000)')
    await until(() => child.report().pid !== undefined)
    await until(() => child.report().state === 'running')
    await child.stop(1_000)
  })

  it('tries again if a child cannot be started', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write('child.mjs', 'setInterval(() => {}, 1000)')
    const cwd = join(place.folder, 'later')
    const spec = { name: 'child', script, args: [], env: {}, cwd }
    const { child, failed } = await superviseUntilFailed(spec, { dataDir: place.folder, restarts: 0 })
    expect(failed.lastDeath?.reason).toMatch(/^could not be started: .*ENOENT/)
    await mkdir(cwd)
    await until(() => child.report().pid !== undefined)
    await child.stop(1_000)
  })

  it('starts a child on demand, and again after it went idle', async () => {
    await using place = await scratch()
    makeDataDir(place.folder)
    const script = await place.write(
      'child.mjs',
      `import { existsSync } from 'node:fs'
       setInterval(() => { if (existsSync('nothing-to-do')) process.exit(0) }, 10)`,
    )
    const spec = { name: 'child', script, args: [], env: {}, cwd: place.folder }
    const child = supervise(spec, { dataDir: place.folder, restarts: 3, onDemand: true, onDeath: () => {} })
    expect(child.report().state).toBe('idle')
    for (let life = 0; life < 2; life += 1) {
      child.need()
      await until(() => running(child) !== undefined)
      const done = await place.write('nothing-to-do', '')
      await until(() => child.report().state === 'idle')
      await rm(done)
    }
    expect(child.report()).toMatchObject({ restarts: 0, quickDeaths: 0 })
    await child.stop(1_000)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
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
