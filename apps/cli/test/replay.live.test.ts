import { mkdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { lastJson } from './program.ts'
import { final, planReply, teamFolder } from './team-folder.ts'

/** A worker that writes a checkpoint after every step. */
const agents = [
  { name: 'worker', level: 5, limits: { checkpointCpuMs: 0 } },
  { name: 'writer', level: 0, references: true },
]

describe('bailiwick replay', () => {
  it('executes the code of a task again, and finds the same worlds', async () => {
    await using place = await teamFolder(
      {
        planner: { plan: [planReply({ name: 't1' })] },
        worker: { t1: ['<code>\nlet luck = Math.random()\n</code>', final('luck < 1')] },
        writer: { answer: ['It is {{t1.output}}.'] },
      },
      { agents },
    )
    const { bailiwick } = place
    await bailiwick('up', '--detach')
    expect((await bailiwick('run', 'x')).stdout).toBe('It is true.\n')
    const [made] = JSON.parse((await bailiwick('runs', '--json')).stdout).runs ?? []
    const replayed = await bailiwick('replay', made.run, 't1', '--json')
    expect(replayed.code).toBe(0)
    expect(replayed.stderr).toContain('Executing every step; 1 checkpoint not used.')
    const steps = replayed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(steps).toMatchObject([
      { step: 1, status: 'same' },
      { step: 2, status: 'same' },
    ])
    const unknown = await bailiwick('replay', made.run, 't9')
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('found "t9"') })
    // The id of the task is enough.
    expect(await bailiwick('replay', `${made.run}-t1`)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^step 1: same, .*\nstep 2: same, /),
    })
    for (const none of ['t1', `${made.run}-t9`, 'nobody-t1']) {
      expect(await bailiwick('replay', none)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/Expected (the id of a task|a task of run)/),
      })
    }
    const prose = await bailiwick('replay', made.run, 'answer')
    expect(prose.stderr).toContain('has run no code: nothing to replay')
  })
})

describe('bailiwick replay of a world that diverges', () => {
  async function changed() {
    const place = await teamFolder(
      {
        worker: {
          t1: [
            '<code>\nlet before = 1\n</code>',
            `<code>
import { luck } from 'luck'
await readFile({ name: 'file-' + luck() }).catch(() => 'none')
let after = luck()
</code>`,
            final('String(after)'),
          ],
        },
      },
      { agents: [{ name: 'worker', level: 5, imports: ['luck'], tools: ['readFile'] }] },
    )
    await mkdir(`${place.folder}/node_modules/luck`, { recursive: true })
    const install = async (version: string, code: string) => {
      const manifest = { name: 'luck', version, type: 'module', main: 'index.js' }
      await place.write('node_modules/luck/package.json', manifest)
      await place.write('node_modules/luck/index.js', code)
    }
    await install('1.0.0', 'export const luck = () => 7')
    const { bailiwick } = place
    await bailiwick('up', '--detach')
    expect((await bailiwick('run', 'x', '--agent', 'worker')).stdout).toBe('7\n')
    const [made] = JSON.parse((await bailiwick('runs', '--json')).stdout).runs
    return {
      install,
      replay: (...more: string[]) => bailiwick('replay', made.run, 't1', ...more),
      [Symbol.asyncDispose]: place[Symbol.asyncDispose],
    }
  }

  it('shows what was recorded and what was replayed, for people and as JSON, and exits with 1', async () => {
    await using at = await changed()
    expect(await at.replay()).toMatchObject({ code: 0, stderr: '' })
    // A call with other arguments.
    await at.install('1.0.1', 'export const luck = () => 8')
    const call = await at.replay()
    expect(call.code).toBe(1)
    expect(call.stdout).toMatch(/^step 1: same, 1 turn, \d+ ms\nstep 2: diverged, /)
    expect(call.stdout).toContain('recorded: 2.1 readFile({"name":"file-7"}), then waited')
    expect(call.stdout).toContain('replayed: 2.1 readFile({"name":"file-8"}), then waited')
    // The same call, but a different world.
    await at.install('1.0.2', 'let n = 0; export const luck = () => (n++ === 0 ? 7 : 8)')
    const world = await at.replay('--json')
    expect(world.code).toBe(1)
    const lines = world.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toMatchObject([
      { step: 1, status: 'same' },
      { step: 2, status: 'diverged' },
    ])
    expect(lines[1].message).toMatch(/after step 2 differs from its record: expected hash \w+, found \w+/)
    // A module that throws.
    await at.install('1.0.3', 'throw new Error("no luck today")')
    const broken = await at.replay()
    expect(broken).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('replayed: no call, then ended'),
    })
  })
})

describe('bailiwick fork', () => {
  it('continues from a step in the same world with another model, and repeats no reply', async () => {
    await using place = await teamFolder(
      {
        worker: { t1: ['<code>\nlet luck = Math.random()\n</code>', final('[luck, Math.random()]')] },
      },
      { agents },
    )
    // The first reply would fail the task, so the fork must not ask for it.
    await place.write('other.json', {
      worker: { t1: ['<code>\nfail(\n</code>', final('[luck, Math.random(), "forked"]')] },
    })
    const { bailiwick } = place
    await bailiwick('up', '--detach')
    const made = lastJson(await bailiwick('run', 'x', '--agent', 'worker', '--json'))
    const [luck, next] = made.answer
    const model = `scripted:${place.folder}/other.json`
    const forked = await bailiwick('fork', `${made.run}-t1`, '--at', '1', '--model', model, '--json')
    expect(forked.code).toBe(0)
    const last = lastJson(forked)
    expect(last.answer).toEqual([luck, expect.any(Number), 'forked'])
    // After the fork, random numbers differ.
    expect(last.answer[1]).not.toBe(next)
    // Only the reply after the step counts.
    expect(last.usage.replies).toBe(1)
    const replayed = await bailiwick('replay', last.run, 't1', '--json')
    expect(replayed.stdout.match(/"status":"same"/g)).toHaveLength(2)
    const beyond = await bailiwick('fork', made.run, 't1', '--at', '9')
    expect(beyond).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('from 0 to 2, found 9'),
    })
    expect(await bailiwick('fork', made.run, 't1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--at: expected the number of a step, found nothing.'),
    })
  })
})
