import { pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { start } from './program.ts'
import { planReply, type Script, type TeamFolder, teamFolder } from './team-folder.ts'

const ASKS = `<code>
let said
try { said = (await listFiles({})).length } catch (error) { said = error.message }
finalAnswer(said)
</code>`

const REPLIES: Script = {
  planner: { plan: [planReply({ name: 't1' })] },
  worker: { t1: [ASKS] },
  writer: { answer: ['{{t1.output}}'] },
}

/** Runs a task whose only call waits for approval. The run goes on after `act`. */
async function asked(
  act: (at: TeamFolder & { id: string }) => Promise<void>,
  wanted: { definition?: object; operator?: object } = { operator: { approval: 'always' } },
) {
  await using place = await teamFolder(REPLIES, {
    agents: [
      { name: 'worker', level: 5, tools: ['listFiles'], ...wanted.definition },
      { name: 'writer', level: 0, references: true },
    ],
    members: { worker: wanted.operator ?? {} },
  })
  await place.bailiwick('up', '--detach')
  const running = start(['run', 'x'], { cwd: place.folder })
  const screen = await running.until(/waiting for approval of listFiles/)
  const [, id = ''] = screen.match(/bailiwick approve (r\w+)/) ?? []
  await act({ ...place, id })
  const ended = await running.ended
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
  return ended
}

describe('a call that needs approval', () => {
  it('waits, is listed, and runs after its approval', async () => {
    const { code, stdout } = await asked(async ({ id, bailiwick }) => {
      const shown = await bailiwick('show', id)
      expect(shown.stdout).toContain(`run ${id}: input-required`)
      expect(shown.stdout).toMatch(/waiting for approval: listFiles\(\{\}\) of \S+, call 1\.1/)
      const other = await bailiwick('approve', id, '7.7')
      expect(other).toMatchObject({ code: 1 })
      expect(other.stderr).toContain('Expected a waiting call, found 7.7. These calls are waiting:\n  1.1')
      expect((await bailiwick('approve', id)).stdout).toBe('approved listFiles({})\n')
    })
    expect(code).toBe(0)
    expect(stdout).toContain('0')
  })

  it('does not run after its rejection, and the agent gets the reason', async () => {
    const { stdout } = await asked(
      async ({ id, bailiwick }) => {
        const no = await bailiwick('reject', id, '1.1', '--reason', 'not on a Sunday')
        expect(no).toMatchObject({ code: 0, stdout: 'rejected listFiles({})\n' })
        const again = await bailiwick('approve', id)
        expect(again.code).toBe(1)
        // The second message if the first decision is not in the journal yet.
        expect(again.stderr).toMatch(/No call of run \S+ is waiting|Call 1\.1 is no longer waiting/)
      },
      { definition: { approval: 'always' }, operator: { approval: 'never' } },
    )
    expect(stdout).toContain('user rejected listFiles: not on a Sunday')
  })

  it('still waits after its host was killed, with one question in the journal', async () => {
    const { stdout } = await asked(async ({ folder, id, bailiwick }) => {
      process.kill(pidOf(folder, /worker\.mjs/), 'SIGKILL')
      expect(await bailiwick('approve', id)).toMatchObject({ code: 0, stdout: 'approved listFiles({})\n' })
      const journal = await bailiwick('show', id, '--task', 't1', '--json')
      const types = journal.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type)
      expect(types.filter((type) => type === 'call.asked')).toHaveLength(1)
    })
    expect(stdout).toContain('0')
  })
})
