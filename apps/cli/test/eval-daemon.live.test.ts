import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { lastJson, run, start } from './program.ts'
import { final, planReply, teamFolder } from './team-folder.ts'

/** Adds up the file of a task. */
const SUM =
  "finalAnswer((await readFile({ name: 'numbers' })).trim().split('\\n').slice(1).reduce((sum, n) => sum + Number(n), 0))"
const AGENTS = [
  { name: 'worker', level: 5, tools: ['readFile'] },
  { name: 'writer', level: 0, references: true },
]
const TASKS = [
  { id: 'sum', task: 'What is the sum?', inputs: { numbers: { file: 'numbers.csv' } }, expected: 42 },
  { id: 'other', task: 'What is the other sum?', inputs: { numbers: { file: 'numbers.csv' } }, expected: 41 },
]

describe('bailiwick eval --daemon', () => {
  it('gives the tasks to an agent or to the team, and counts replies that led nowhere', async () => {
    await using place = await teamFolder(
      {
        planner: { plan: [planReply({ name: 't1', inputs: ['numbers'] })] },
        worker: { t1: ['I think so.', `<code>\nnothing.there\n</code>`, `<code>\n${SUM}\n</code>`] },
        writer: { answer: ['The sum is {{t1.output}}.'] },
      },
      { agents: AGENTS },
    )
    await place.write('numbers.csv', 'n\n40\n2\n')
    await place.write('tasks.jsonl', TASKS.map((task) => JSON.stringify(task)).join('\n'))
    await place.bailiwick('up', '--detach')
    const agent = await place.bailiwick(
      'eval',
      '.',
      '--daemon',
      '--agent',
      'worker',
      '--out',
      'agent',
      '--json',
    )
    expect(lastJson(agent).summaries[0]).toMatchObject({
      target: 'worker',
      level: null,
      model: null,
      outcomes: { passed: 1, failed: 1 },
      usage: { replies: 6 },
      wasted: { 'no action': 2, error: 2, parse: 0 },
    })
    expect(lastJson(agent).misses[0]).toMatchObject({ case: 'other', reason: 'expected 41, found 42' })
    const team = await place.bailiwick(
      'eval',
      '.',
      '--daemon',
      '--strategy',
      'plan',
      '--out',
      'team',
      '--json',
    )
    expect(lastJson(team).summaries[0]).toMatchObject({ target: 'team', outcomes: { passed: 1, failed: 1 } })
    await place.bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('continues the same runs after kill -9', async () => {
    await using place = await teamFolder(
      { worker: { t1: [{ text: final('42'), untilFile: 'go' }] } },
      { agents: AGENTS },
    )
    await place.write('tasks.jsonl', JSON.stringify({ id: 'one', task: 'What is it?', expected: 42 }))
    await place.bailiwick('up', '--detach')
    const line = ['eval', '.', '--daemon', '--agent', 'worker', '--out', 'out']
    const first = start(line, { cwd: place.folder })
    await first.until(/waiting for one/)
    first.child.kill('SIGKILL')
    await first.ended
    await place.write('go', '')
    const second = await run(line, { cwd: place.folder })
    expect(second.stdout).toContain('1 of 1 (100.0%)')
    const { runs } = JSON.parse((await place.bailiwick('runs', '--json')).stdout)
    expect(runs).toHaveLength(1)
    const [, record = ''] = (await readFile(join(place.folder, 'out/results.jsonl'), 'utf8')).split('\n')
    expect(JSON.parse(record).task).toBe(runs[0].run)
    await place.bailiwick('down')
  })

  it('cancels its runs at Ctrl-C, and starts them again when it continues', async () => {
    await using place = await teamFolder(
      { worker: { t1: [{ text: final('42'), untilFile: 'go' }] } },
      { agents: AGENTS },
    )
    await place.write('tasks.jsonl', JSON.stringify({ id: 'one', task: 'What is it?', expected: 42 }))
    await place.bailiwick('up', '--detach')
    const line = ['eval', '.', '--daemon', '--agent', 'worker', '--out', 'out']
    const first = start(line, { cwd: place.folder })
    await first.until(/waiting for one/)
    first.child.kill('SIGINT')
    expect((await first.ended).code).toBe(130)
    await place.write('go', '')
    const second = await run(line, { cwd: place.folder })
    expect(second.stdout).toContain('1 of 1 (100.0%)')
    const { runs } = JSON.parse((await place.bailiwick('runs', '--json')).stdout)
    expect(runs.map(({ status }: { status: string }) => status).sort()).toEqual(['canceled', 'completed'])
    await place.bailiwick('down')
  })

  it('says that no daemon runs', async () => {
    await using place = await teamFolder({}, { agents: AGENTS })
    await place.write('tasks.jsonl', JSON.stringify(TASKS[0]))
    await place.write('numbers.csv', 'n\n1\n')
    expect(await place.bailiwick('eval', '.', '--daemon')).toMatchObject({ code: 5 })
  })
})
