import {
  DAEMON,
  killIfThere,
  pidOf,
  survivors,
  untilNoneSurvive,
} from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { type Program, start } from './program.ts'
import { final, planReply, type Script, teamFolder } from './team-folder.ts'

/** A run whose first task thinks for a while: long enough to be hit in its middle. */
const SLOW: Script = {
  planner: { plan: [planReply({ name: 't1' })] },
  worker: { t1: ['<code>\nlet sum = 1\n</code>', { text: final('sum + 41'), delayMs: 2_000 }] },
  writer: { answer: ['It is {{t1.output}}.'] },
}

/** Starts a run, waits until its first task is at work, does something to it, and lets it end. */
async function disturb(act: (folder: string, program: Program) => void) {
  await using place = await teamFolder(SLOW)
  const program = start(['run', 'x'], { cwd: place.folder })
  await program.until(/t1 \(worker\) started/)
  act(place.folder, program)
  const ended = await program.ended
  return { ...ended, left: await untilNoneSurvive(place.folder) }
}

describe('a run goes on', () => {
  it('when the host at work is killed', async () => {
    const ended = await disturb((folder) => process.kill(pidOf(folder, /worker\.mjs/), 'SIGKILL'))
    expect(ended.stderr).toContain('t1 (worker) restarted, attempt 2')
    expect(ended).toMatchObject({ code: 0, stdout: 'It is 42.\n', left: [] })
  })

  it('when the daemon of the command is killed', async () => {
    const ended = await disturb((folder) => process.kill(pidOf(folder, DAEMON), 'SIGKILL'))
    expect(ended.stderr).toContain('Resumed 1 open run.')
    // The host lived on: nothing was begun anew.
    expect(ended.stderr).not.toContain('restarted, attempt')
    expect(ended).toMatchObject({ code: 0, stdout: 'It is 42.\n', left: [] })
  })

  it('when nats-server is killed', async () => {
    const ended = await disturb((folder) => process.kill(pidOf(folder, /nats\.conf/), 'SIGKILL'))
    expect(ended.stderr).toContain('nats-server has died. Restarting it.')
    expect(ended).toMatchObject({ code: 0, stdout: 'It is 42.\n', left: [] })
  })

  it('when all of it is killed but the command', async () => {
    const ended = await disturb((folder, { child }) => {
      for (const { pid } of survivors(folder)) {
        if (pid !== child.pid && pid !== process.pid) killIfThere(pid)
      }
    })
    expect(ended).toMatchObject({ code: 0, stdout: 'It is 42.\n', left: [] })
  })
})

describe('a run ends, and leaves no process', () => {
  it('when Ctrl-C is pressed', async () => {
    const ended = await disturb((_folder, { child }) => child.kill('SIGINT'))
    expect(ended.stderr).toContain('Canceling.')
    expect(ended).toMatchObject({ code: 130, stdout: '', left: [] })
  })

  it('when Ctrl-C is pressed twice', async () => {
    const ended = await disturb((_folder, { child }) => {
      child.kill('SIGINT')
      child.kill('SIGINT')
    })
    expect(ended).toMatchObject({ stdout: '', left: [] })
  })

  it('when the command is killed', async () => {
    const ended = await disturb((_folder, { child }) => child.kill('SIGKILL'))
    expect(ended).toMatchObject({ code: null, left: [] })
  })
})
