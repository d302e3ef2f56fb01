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
