import { requestRun } from '@bailiwick/bus'
import { pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { eventsUntil, final, teamFolder, WORKER_AND_WRITER } from './team-folder.ts'

const REPLIES = { worker: { '*': [final('6 * 7')] } }

describe('without a folder for temporary files', () => {
  it('everything works', async () => {
    await using place = await teamFolder(REPLIES, { agents: WORKER_AND_WRITER })
    const env = bareEnv({ TMPDIR: `${place.folder}/missing` })
    const ended = await run(['run', 'x', '--agent', 'worker'], { cwd: place.folder, env })
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('42') })
    const doctor = await run(['doctor'], { cwd: place.folder, env })
    expect(doctor.stdout + doctor.stderr).not.toContain('ENOENT')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})

describe('after the clock was set back', () => {
  it('no time is negative', async () => {
    await using place = await teamFolder(REPLIES, { agents: WORKER_AND_WRITER })
    await place.bailiwick('up', '--detach')
    await place.bailiwick('run', 'x', '--agent', 'worker')
    const fourDays = await place.write(
      'four-days-ago.mjs',
      `const now = Date.now
       Date.now = () => now() - 4 * 86_400_000`,
    )
    const env = bareEnv({ NODE_OPTIONS: `--import ${fourDays}` })
    const { runs } = JSON.parse((await place.bailiwick('runs', '--json')).stdout)
    for (const args of [['status'], ['runs'], ['show', runs[0].run]]) {
      const { stdout, code } = await run(args, { cwd: place.folder, env })
      expect(code).toBe(0)
      expect(stdout).not.toMatch(/(^|\s)-\d/)
    }
    await place.bailiwick('down')
  })

  it('a daemon redelivers, waits and ends as before', async () => {
    // The clock of everything that the daemon starts is set back by ten minutes, three seconds after its start.
    await using place = await teamFolder(
      { worker: { '*': [{ text: final('6 * 7'), delayMs: 3_000 }] } },
      { agents: WORKER_AND_WRITER },
    )
    const back = await place.write(
      'back.mjs',
      `const [now, began] = [Date.now, performance.now()]
       Date.now = () => now() - (performance.now() - began > 3_000 ? 600_000 : 0)`,
    )
    const env = bareEnv({ NODE_OPTIONS: `--import ${back}` })
    await run(['up', '--detach'], { cwd: place.folder, env })
    await using bus = await place.connect()
    await requestRun(bus, 'submit', { run: 'r1', text: 'x', agent: 'worker' })
    await eventsUntil(bus, 'r1', 'task.started')
    process.kill(pidOf(place.folder, /worker\.mjs/), 'SIGKILL')
    await eventsUntil(bus, 'r1', 'run.ended')
    const details = await requestRun(bus, 'get', { run: 'r1' })
    expect(details.result).toMatchObject({ status: 'completed', answer: 42 })
    await place.bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })
})
