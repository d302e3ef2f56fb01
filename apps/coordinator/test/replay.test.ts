import { describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { final, planReply, teamFolder } from './team-folder.ts'

describe('bailiwick replay', () => {
  it('executes a task’s code again, and finds the same worlds', async () => {
    await using place = await teamFolder({
      planner: { plan: [planReply({ name: 't1' })] },
      worker: { t1: ['<code>\nlet luck = Math.random()\n</code>', final('luck < 1')] },
      writer: { answer: ['It is {{t1.output}}.'] },
    })
    const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
    await bailiwick('up', '--detach')
    expect((await bailiwick('run', 'x')).stdout).toBe('It is true.\n')
    const [made] = JSON.parse((await bailiwick('runs', '--json')).stdout).runs ?? []
    const replayed = await bailiwick('replay', made.run, 't1', '--json')
    expect(replayed.code).toBe(0)
    const steps = replayed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(steps).toMatchObject([
      { step: 1, status: 'same' },
      { step: 2, status: 'same' },
    ])
    const unknown = await bailiwick('replay', made.run, 't9')
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('has no task t9; it has') })
    const prose = await bailiwick('replay', made.run, 'answer')
    expect(prose.stderr).toContain('has run no code: nothing to replay')
    await bailiwick('down')
  })
})

describe('bailiwick fork', () => {
  it('goes on from a step in the same world, with another model, and asks for nothing again', async () => {
    await using place = await teamFolder({
      planner: { plan: [planReply({ name: 't1' })] },
      worker: { t1: ['<code>\nlet luck = Math.random()\n</code>', final('luck')] },
      writer: { answer: ['It is {{t1.output}}.'] },
    })
    // Its first reply would fail the task: the fork must not ask for it.
    await place.write('other.json', { worker: { t1: ['<code>\nfail(\n</code>', final('[luck, "forked"]')] } })
    const bailiwick = (...args: string[]) => run(args, { cwd: place.folder })
    await bailiwick('up', '--detach')
    const first = await bailiwick('run', 'x')
    const luck = Number(/0\.\d+/.exec(first.stdout)?.[0])
    const [made] = JSON.parse((await bailiwick('runs', '--json')).stdout).runs
    const model = `scripted:${place.folder}/other.json`
    const forked = await bailiwick('fork', made.run, 't1', '--at', '1', '--model', model, '--json')
    expect(forked.code).toBe(0)
    const last = JSON.parse(forked.stdout.trim().split('\n').at(-1) ?? '')
    expect(last.answer[0]).toBeCloseTo(luck)
    expect(last.answer[1]).toBe('forked')
    // One reply was paid: the one after the step.
    expect(last.usage.replies).toBe(1)
    const beyond = await bailiwick('fork', made.run, 't1', '--at', '9')
    expect(beyond).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no step 9 that ended: wanted 0 to 2'),
    })
    expect(await bailiwick('fork', made.run, 't1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--at: wanted the number of a step, got nothing'),
    })
    await bailiwick('down')
  })
})
