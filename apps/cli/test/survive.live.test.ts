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

/** A run whose first task is in its second step until the file `go` exists. */
const SLOW: Script = {
  planner: { plan: [planReply({ name: 't1' })] },
  worker: { t1: ['<code>\nlet sum = 1\n</code>', { text: final('sum + 41'), untilFile: 'go' }] },
  writer: { answer: ['It is {{t1.output}}.'] },
}

/**
 * Starts a run, disturbs it while its first task is working, and lets it end.
 *
 * @param recovered the output after which the task may go on
 */
async function disturb(act: (folder: string, program: Program) => void, recovered?: RegExp) {
  await using place = await teamFolder(SLOW)
  const program = start(['run', 'x'], { cwd: place.folder })
  await program.until(/t1 \(worker\) started/)
  act(place.folder, program)
  if (recovered !== undefined) {
    await program.until(recovered)
    await place.write('go', '')
  }
  const ended = await program.ended
  return { ...ended, left: await untilNoneSurvive(place.folder) }
}

const completed = { code: 0, stdout: 'It is 42.\n', left: [] }

describe('a run', () => {
  it('continues after its host was killed', async () => {
    const ended = await disturb(
      (folder) => process.kill(pidOf(folder, /worker\.mjs/), 'SIGKILL'),
      /t1 \(worker\) restarted, attempt 2/,
    )
    expect(ended).toMatchObject(completed)
  })

  it('continues after the daemon of the command was killed, on the same host', async () => {
    const ended = await disturb(
      (folder) => process.kill(pidOf(folder, DAEMON), 'SIGKILL'),
      /Resumed 1 open run\./,
    )
    expect(ended.stderr).not.toContain('restarted, attempt')
    expect(ended).toMatchObject(completed)
  })

  it('continues after nats-server was killed', async () => {
    const ended = await disturb(
      (folder) => process.kill(pidOf(folder, /nats\.conf/), 'SIGKILL'),
      /nats-server has died\. Restarting it\./,
    )
    expect(ended).toMatchObject(completed)
  })

  it('continues after everything but the command was killed', async () => {
    const ended = await disturb((folder, { child }) => {
      for (const { pid } of survivors(folder)) if (pid !== child.pid) killIfThere(pid)
    }, /t1 \(worker\) restarted, attempt 2/)
    expect(ended).toMatchObject(completed)
  })

  it('ends at Ctrl-C, and leaves no process', async () => {
    const ended = await disturb((_folder, { child }) => child.kill('SIGINT'))
    expect(ended.stderr).toContain('Canceling.')
    expect(ended).toMatchObject({ code: 130, stdout: '', left: [] })
  })

  it('ends at a second Ctrl-C, and leaves no process', async () => {
    const ended = await disturb((_folder, { child }) => {
      child.kill('SIGINT')
      child.kill('SIGINT')
    })
    expect(ended).toMatchObject({ stdout: '', left: [] })
  })

  it('leaves no process when the command is killed', async () => {
    const ended = await disturb((_folder, { child }) => child.kill('SIGKILL'))
    expect(ended).toMatchObject({ code: null, left: [] })
  })
})
