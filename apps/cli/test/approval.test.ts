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

/** A run whose one call waits for a yes, in a daemon that goes on when the test's part ends. */
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
  const screen = await running.until(/asks for a yes to listFiles/)
  const [, id = ''] = screen.match(/bailiwick answer (\S+) yes/) ?? []
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
describe('a call that needs a yes', { timeout: 120_000 }, () => {
  it('waits, is shown, and is made after it', async () => {
    const { code, stdout } = await asked(async ({ folder, id, cli }) => {
      const shown = await cli(folder, 'show', id)
      expect(shown.stdout).toContain(`run ${id}: input-required`)
      expect(shown.stdout).toMatch(/waits for your yes: listFiles\(\{\}\) of \S+, call 1\.1/)
      expect((await cli(folder, 'answer', id, 'perhaps')).stderr).toContain('wanted yes or no; got "perhaps"')
      const other = await cli(folder, 'answer', id, 'yes', '--call', '7.7')
      expect(other).toMatchObject({ code: 1 })
      expect(other.stderr).toContain('that call does not wait; these do:\n  --call 1.1')
      expect((await cli(folder, 'answer', id, 'yes')).stdout).toBe('yes to listFiles({})\n')
    })
    expect(code).toBe(0)
    expect(stdout).toContain('0')
  })

  it('is not made after a no, whose reason the agent is told; the definition’s word counts too', async () => {
    const { stdout } = await asked(
      async ({ folder, id, cli }) => {
        const no = await cli(folder, 'answer', id, 'no', '--note', 'not on a Sunday')
        expect(no).toMatchObject({ code: 0, stdout: 'no to listFiles({})\n' })
        const again = await cli(folder, 'answer', id, 'yes')
        expect(again.code).toBe(1)
        // The second where the first answer is on its way to the journal.
        expect(again.stderr).toMatch(/no call of run \S+ waits for a yes|call 1\.1 no longer waits/)
      },
      { definition: { approval: 'always' }, operator: { approval: 'never' } },
    )
    expect(stdout).toContain('user did not approve listFiles: not on a Sunday')
  })

  it('still waits after its host was killed, and is asked once', async () => {
    const { stdout } = await asked(async ({ folder, id, cli }) => {
      process.kill(pidOf(folder, /worker\.mjs/), 'SIGKILL')
      // Until the next host has come to the same call there is nobody to tell.
      let said = await cli(folder, 'answer', id, 'yes')
      while (said.code !== 0) {
        expect(said.stderr).toContain('no host of worker waits for it at the moment')
        said = await cli(folder, 'answer', id, 'yes')
      }
      const journal = await cli(folder, 'show', id, '--task', 't1', '--json')
      const types = journal.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type)
      expect(types.filter((type) => type === 'asked')).toHaveLength(1)
    })
    expect(stdout).toContain('0')
  })
})
