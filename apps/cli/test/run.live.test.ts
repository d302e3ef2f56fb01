import { readFile } from 'node:fs/promises'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { run } from './program.ts'
import { final, planReply, teamFolder } from './team-folder.ts'

describe('bailiwick run, without a daemon', () => {
  it('plans, dispatches, computes in the sandbox, and writes an answer with referenced figures', async () => {
    await using place = await teamFolder(
      {
        planner: { plan: [planReply({ name: 't1', inputs: ['data'] }, { name: 't2', after: ['t1'] })] },
        worker: {
          t1: [
            "<code>\nconst text = await readFile({ name: 'data' })\nfinalAnswer({ sum: text.trim().split('\\n').map(Number).reduce((a, b) => a + b) })\n</code>",
          ],
          t2: [final('{ done: true }')],
        },
        writer: { answer: ['The sum is {{t1.output.sum}}.'] },
      },
      {
        agents: [
          { name: 'worker', level: 5, tools: ['readFile'] },
          { name: 'writer', level: 0, references: true },
        ],
      },
    )
    const data = await place.write('numbers.csv', '1\n2\n39\n')
    const ended = await run(['run', 'What is the sum?', '--input', `data=${data}`, '--out', 'out'], {
      cwd: place.folder,
    })
    expect(ended.stderr).toContain('plan: t1 worker; t2 worker after t1')
    expect(ended).toMatchObject({ code: 0 })
    expect(await readFile(`${place.folder}/out/report.md`, 'utf8')).toMatch(/^The sum is 42\.\n/)
    const view = JSON.parse(await readFile(`${place.folder}/out/run.json`, 'utf8'))
    expect(view).toMatchObject({
      status: 'completed',
      strategy: 'plan',
      result: { answer: 'The sum is 42.' },
    })
    expect(
      view.tasks.map(({ name, agent, status }: Record<string, string>) => `${name} ${agent} ${status}`),
    ).toEqual([
      'plan planner completed',
      't1 worker completed',
      't2 worker completed',
      'answer writer completed',
    ])
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  })

  it('prints events and the result as JSON lines', async () => {
    await using place = await teamFolder({ worker: { t1: [final('{ answer: 6 * 7 }')] } })
    const ended = await run(['run', 'x', '--agent', 'worker', '--json'], { cwd: place.folder })
    const lines = ended.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.slice(0, -1).every((event) => event.specversion === '1.0')).toBe(true)
    expect(lines.at(-1)).toMatchObject({ status: 'completed', answer: { answer: 42 }, artifacts: [] })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('accepts the file of an agent that is not in the team', async () => {
    await using place = await teamFolder({ loner: { t1: [final('"alone"')] } })
    await place.write('loner.mjs', `export default { name: 'loner', description: 'x', level: 5 }`)
    const ended = await run(['run', 'x', '--agent', './loner.mjs'], { cwd: place.folder })
    expect(ended.stdout).toBe('alone\n')
    expect(ended.code).toBe(0)
  })
})
