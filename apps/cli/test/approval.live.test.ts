import { pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { run, start } from './program.ts'
import { planReply, type Script, teamFolder } from './team-folder.ts'

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
  act: (at: { folder: string; id: string; cli: typeof cliOf }) => Promise<void>,
  wanted: { definition?: object; operator?: object } = { operator: { approval: 'always' } },
) {
  await using place = await teamFolder(REPLIES, {
    agents: [
      { name: 'worker', level: 5, tools: ['listFiles'], ...wanted.definition },
      { name: 'writer', level: 0, references: true },
    ],
    members: { worker: wanted.operator ?? {} },
  })
  await run(['up', '--detach'], { cwd: place.folder })
  const running = start(['run', 'x'], { cwd: place.folder })
  const screen = await running.until(/waiting for approval of listFiles/)
  const [, id = ''] = screen.match(/bailiwick approve (r\w+)/) ?? []
  await act({ folder: place.folder, id, cli: cliOf })
  const ended = await running.ended
  await run(['down'], { cwd: place.folder })
  expect(await untilNoneSurvive(place.folder)).toEqual([])
  return ended
}

function cliOf(folder: string, ...args: string[]) {
  return run(args, { cwd: folder })
}

// Five commands each, beside a team of three processes: a busy machine takes 40 s.
describe('a call that needs approval', { timeout: 120_000 }, () => {
  it('waits, is listed, and runs once approved', async () => {
    const { code, stdout } = await asked(async ({ folder, id, cli }) => {
      const shown = await cli(folder, 'show', id)
      expect(shown.stdout).toContain(`run ${id}: input-required`)
      expect(shown.stdout).toMatch(/waiting for approval: listFiles\(\{\}\) of \S+, call 1\.1/)
      const other = await cli(folder, 'approve', id, '7.7')
      expect(other).toMatchObject({ code: 1 })
      expect(other.stderr).toContain('Expected a waiting call, found 7.7. These calls are waiting:\n  1.1')
      expect((await cli(folder, 'approve', id)).stdout).toBe('approved listFiles({})\n')
    })
    expect(code).toBe(0)
    expect(stdout).toContain('0')
  })

  it('does not run once rejected, tells the agent why, and may be required by the definition', async () => {
    const { stdout } = await asked(
      async ({ folder, id, cli }) => {
        const no = await cli(folder, 'reject', id, '1.1', '--reason', 'not on a Sunday')
        expect(no).toMatchObject({ code: 0, stdout: 'rejected listFiles({})\n' })
        const again = await cli(folder, 'approve', id)
        expect(again.code).toBe(1)
        // The second message if the first decision is not in the journal yet.
        expect(again.stderr).toMatch(/No call of run \S+ is waiting|Call 1\.1 is no longer waiting/)
      },
      { definition: { approval: 'always' }, operator: { approval: 'never' } },
    )
    expect(stdout).toContain('user rejected listFiles: not on a Sunday')
  })

  it('still waits after its host was killed, with one question in the journal', async () => {
    const { stdout } = await asked(async ({ folder, id, cli }) => {
      process.kill(pidOf(folder, /worker\.mjs/), 'SIGKILL')
      // No host takes the decision until the next host reaches the same call.
      let said = await cli(folder, 'approve', id)
      while (said.code !== 0) {
        expect(said.stderr).toContain('Expected a host of worker that waits for the decision, found none.')
        said = await cli(folder, 'approve', id)
      }
      const journal = await cli(folder, 'show', id, '--task', 't1', '--json')
      const types = journal.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type)
      expect(types.filter((type) => type === 'call.asked')).toHaveLength(1)
    })
    expect(stdout).toContain('0')
  })
})
