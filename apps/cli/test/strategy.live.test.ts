import { describe, expect, it } from 'vitest'
import { run, start } from './program.ts'
import { final, planReply, type Script, teamFolder } from './team-folder.ts'

async function runJson(replies: Script, options: Parameters<typeof teamFolder>[1] = {}, args: string[] = []) {
  await using place = await teamFolder(replies, options)
  const ended = await run(['run', 'x', '--json', ...args], { cwd: place.folder })
  const lines = ended.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const result = lines.at(-1)
  const events: { type: string; task: string; data: Record<string, unknown> }[] = lines.slice(0, -1)
  const order = (kind: string) =>
    events
      .filter(({ type }) => type.includes(`.${kind}.`))
      .map(({ task }) => task.replace(/^r[a-z2-7]{12}-/, ''))
  return { code: ended.code, result, events, order, stderr: ended.stderr }
}

describe('dispatch', () => {
  it('starts a task as soon as its own dependencies are done', async () => {
    await using place = await teamFolder({
      planner: {
        plan: [planReply({ name: 'quick' }, { name: 'slow' }, { name: 'next', after: ['quick'] })],
      },
      worker: {
        quick: [final('1')],
        slow: [{ text: final('2'), untilFile: 'go' }],
        next: [final('3')],
      },
      writer: { answer: ['{{quick.output}} {{slow.output}} {{next.output}}'] },
    })
    const program = start(['run', 'x'], { cwd: place.folder })
    await program.until(/next \(worker\) completed/)
    await place.write('go', '')
    expect(await program.ended).toMatchObject({ code: 0, stdout: '1 2 3\n' })
  })
})

describe('review', () => {
  it('changes the plan if a task is exhausted, and keeps completed tasks', async () => {
    const nothing = '<code>\nawait nothing()\n</code>'
    const { code, order, result, events } = await runJson(
      {
        planner: { plan: [planReply({ name: 't1' }, { name: 't2' })] },
        worker: { t2: [final('2')], '*': [nothing, nothing] },
        writer: { answer: ['Only {{t2.output}}.'] },
      },
      { members: { worker: { budget: { steps: 1 } } } },
    )
    expect(code).toBe(0)
    expect(result.answer).toBe('Only 2.')
    expect(events.filter(({ type }) => type.includes('.run.planned.'))).toHaveLength(2)
    // A completed task is not repeated. A failed one gets another name.
    expect(order('task.created')).toEqual(['plan', 't1', 't2', 'plan-2', 't1_2', 'answer'])
  })

  it('fails a run without any completed task, with the reasons', async () => {
    const { code, result } = await runJson({
      planner: { plan: [planReply({ name: 't1' })] },
      worker: { t1: [] },
    })
    expect(code).toBe(3)
    expect(result).toMatchObject({ status: 'failed', error: { code: 'model-script' } })
    expect(result.error.message).toContain('t1 (worker) failed:')
  })
})

describe('strategy direct', () => {
  it('gives the whole task to the lead', async () => {
    const { result, order } = await runJson(
      { worker: { t1: [final('"by the lead"')] } },
      { config: { strategy: 'direct', lead: 'worker' } },
    )
    expect(result).toMatchObject({ status: 'completed', answer: 'by the lead' })
    expect(order('task.created')).toEqual(['t1'])
  })

  it('asks for the lead if it is not clear', async () => {
    await using place = await teamFolder(
      {},
      {
        agents: [
          { name: 'one', level: 3 },
          { name: 'two', level: 3 },
        ],
        config: { strategy: 'direct' },
      },
    )
    const ended = await run(['run', 'x'], { cwd: place.folder })
    expect(ended.stderr).toContain(
      'found one, two. Name one with --agent <name>, or with "lead" in the configuration.',
    )
    expect(ended.code).toBe(2)
  })
})

describe('delegation', () => {
  it('starts a granted delegate from code', async () => {
    const { code, result, events } = await runJson(
      {
        boss: {
          t1: ["<code>\nconst found = await scout({ task: 'look' })\nfinalAnswer({ found })\n</code>"],
        },
        scout: { '*': ['a hill'] },
      },
      {
        agents: [
          { name: 'boss', level: 5, delegates: ['scout'] },
          { name: 'scout', level: 0 },
        ],
      },
      ['--agent', 'boss'],
    )
    expect(result).toMatchObject({ status: 'completed', answer: { found: { output: 'a hill' } } })
    expect(code).toBe(0)
    const created = events.filter(({ type }) => type.includes('.task.created.'))
    expect(created.map(({ data }) => data.depth)).toEqual([0, 1])
  })
})

describe('bailiwick run --plan', () => {
  it('shows the plan and an estimate, and carries nothing out', async () => {
    await using place = await teamFolder({
      planner: { plan: [planReply({ name: 't1' }, { name: 't2', after: ['t1'] })] },
    })
    const { code, stdout } = await run(['run', 'x', '--plan'], { cwd: place.folder })
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^t1 worker\n {4}do t1\nt2 worker after t1\n {4}do t2\nestimate: about \d+ tokens in 9 replies, /,
    )
    const json = await run(['run', 'x', '--plan', '--json'], { cwd: place.folder })
    const last = JSON.parse(json.stdout.trim().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({
      plan: { tasks: [{ name: 't1' }, { name: 't2' }] },
      estimate: { replies: 9 },
    })
    const direct = await run(['run', 'x', '--plan', '--agent', 'worker'], { cwd: place.folder })
    expect(direct).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Remove --agent and --strategy direct.'),
    })
  })
})
