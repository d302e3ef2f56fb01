import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { lastJson } from './program.ts'
import { type TeamFolder, teamFolder } from './team-folder.ts'

/** A team whose agent `mortal` dies at its start until the file `licence` exists. */
async function mortalTeam(): Promise<TeamFolder> {
  const place = await teamFolder(
    { mortal: { '*': ['I live.', 'I live.'] } },
    { config: { team: ['./mortal.mjs', './worker.mjs'], limits: { restarts: 1, graceMs: 500 } } },
  )
  await place.write(
    'mortal.mjs',
    `import { existsSync } from 'node:fs'
     if (process.env.NATS_URL && !existsSync(${JSON.stringify(`${place.folder}/licence`)})) {
       console.error('no licence')
       process.exit(1)
     }
     export default { name: 'mortal', description: 'x', level: 0 }`,
  )
  return place
}

const log = ({ folder }: TeamFolder) => readFileSync(`${folder}/.bailiwick/logs/daemon.log`, 'utf8')

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50)
}

describe('a host that keeps dying', () => {
  it('fails the runs that need it, is shown by status, and works again when its cause is gone', async () => {
    await using place = await mortalTeam()
    await place.bailiwick('up', '--detach')
    const status = lastJson(await place.bailiwick('status', '--json'))
    const mortal = status.processes.find(({ name }: { name: string }) => name === 'agent-mortal-1')
    expect(mortal).toMatchObject({
      state: 'failed',
      lastDeath: { reason: 'exited with 1', lines: ['no licence'] },
    })
    expect(mortal.quickDeaths).toBeGreaterThan(1)
    const words = (await place.bailiwick('status')).stdout
    expect(words).toMatch(
      /agent-mortal-1 +failed, died \d+ times in a row soon after its start, (next try|trying)/,
    )
    expect(words).toContain('no licence')
    for (let run = 0; run < 2; run += 1) {
      const failed = await place.bailiwick('run', 'x', '--agent', 'mortal')
      expect(failed.stderr).toContain('no-host')
      expect(failed.code).toBe(3)
    }
    await place.write('licence', '')
    const ended = await place.bailiwick('run', 'x', '--agent', 'mortal')
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: 'I live.\n' })
    await until(() => log(place).includes('agent-mortal-1 runs again.'))
    // Each state was noted once, however often the host died.
    expect(log(place).match(/agent-mortal-1 .* soon after each start/g) ?? []).toHaveLength(0)
    await place.bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})

describe('a nats-server that keeps dying', () => {
  it('stops nothing: the daemon says that it waits, shows it in status, and continues', async () => {
    await using place = await teamFolder(
      { worker: { '*': ['Done.'] } },
      { agents: [{ name: 'worker', level: 0 }], config: { limits: { restarts: 1, graceMs: 500 } } },
    )
    await place.bailiwick('up', '--detach')
    const statusNow = async () => lastJson(await place.bailiwick('status', '--json'))
    const { pid: daemon } = await statusNow()
    const server = /nats-server.*-c/
    const find = () => {
      try {
        return pidOf(place.folder, server)
      } catch {
        return undefined
      }
    }
    let shown = await statusNow()
    for (let killed: number | undefined; shown.natsServer.quickDeaths < 6; ) {
      const pid = find()
      if (pid !== undefined && pid !== killed) process.kill(pid, 'SIGKILL')
      killed = pid
      shown = await statusNow()
    }
    expect(shown.natsServer).toMatchObject({
      state: 'failed',
      // It may have been killed while it started.
      lastDeath: { reason: expect.stringContaining('SIGKILL') },
    })
    expect((await place.bailiwick('status')).stdout).toMatch(
      /nats-server [\d.]+, failed, died \d+ times in a row/,
    )
    await until(async () => (await statusNow()).natsServer.state === 'running')
    expect((await statusNow()).pid).toBe(daemon)
    const ended = await place.bailiwick('run', 'x', '--agent', 'worker')
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: 'Done.\n' })
    expect(log(place).match(/Everything waits for it/g)).toHaveLength(1)
    expect(log(place)).toContain('nats-server runs again.')
    await place.bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})

describe('a daemon that is stopped', () => {
  it('is named by every command, with what to do, and ended by "down"', async () => {
    await using place = await teamFolder(
      { worker: { '*': ['Done.'] } },
      { agents: [{ name: 'worker', level: 0 }] },
    )
    await place.bailiwick('up', '--detach')
    const daemon = pidOf(place.folder, DAEMON)
    process.kill(daemon, 'SIGSTOP')
    const commands = [['status'], ['up', '--detach'], ['runs'], ['run', 'x'], ['env'], ['doctor']]
    const answers = await Promise.all(commands.map((command) => place.bailiwick(...command)))
    for (const { stdout, stderr, code } of answers) {
      expect(stdout + stderr).toMatch(
        new RegExp(
          `the daemon \\(process ${daemon}\\) to respond[\\s\\S]*kill -CONT ${daemon}[\\s\\S]*bailiwick down`,
        ),
      )
      expect(code).not.toBe(0)
    }
    process.kill(daemon, 'SIGCONT')
    expect(await place.bailiwick('status')).toMatchObject({ code: 0, stderr: '' })
    process.kill(daemon, 'SIGSTOP')
    expect((await place.bailiwick('down')).stdout).toContain(`Ended daemon (process ${daemon})`)
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})
