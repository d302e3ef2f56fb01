import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { requestsOf } from './model-requests.ts'
import { final, planReply, type Script, type TeamFolder, teamFolder } from './team-folder.ts'

let place: TeamFolder | undefined
afterEach(() => place?.[Symbol.asyncDispose]())

/** Runs with scripted replies, and returns what is printed and what is written to a folder. */
async function outOf(script: Script, strategy: 'auto' | 'plan') {
  place = await teamFolder(script, { config: { strategy } })
  await place.bailiwick('up', '--detach')
  const printed = await place.bailiwick('run', 'How much was it?')
  const folder = join(place.folder, 'out')
  const ran = await place.bailiwick('run', 'How much was it?', '--out', folder)
  expect(ran.code, ran.stderr).toBe(0)
  await place.bailiwick('down')
  const files = (await readdir(folder, { recursive: true })).sort()
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  return { stdout: printed.stdout, stderr: printed.stderr, files, read }
}

describe('a direct run', () => {
  it('asks the model for an answer that a person can read, with the data beside it', async () => {
    const { requests, last } = await requestsOf('How much was it?', {
      worker: final("{ answer: 'It was 5.1 mm.', data: { mean: 5.123456789 } }"),
    })
    expect(requests[0]?.system).toContain(
      'declare function finalAnswer(answer: string | { answer: string; data?: any }): never',
    )
    expect(requests[0]?.system).toContain('A person reads your answer')
    expect(last.answer).toEqual({ answer: 'It was 5.1 mm.', data: { mean: 5.123456789 } })
  })

  it('prints the sentence, and writes the data and the code beside it', async () => {
    const { stdout, stderr, files, read } = await outOf(
      {
        worker: {
          t1: [
            '<code>\nconst mean = 2 / 3\nmissing()\n</code>',
            final("{ answer: 'It was ' + mean.toFixed(1) + ' mm.', data: { mean } }"),
          ],
        },
      },
      'auto',
    )
    expect(stdout).toBe('It was 0.7 mm.\n')
    expect(stderr).toContain('answer.json')
    expect(files).toEqual(['answer.json', 'code', 'code/t1.js', 'report.md', 'run.json'])
    expect(await read('report.md')).toBe('It was 0.7 mm.\n')
    expect(JSON.parse(await read('answer.json'))).toEqual({ mean: 2 / 3 })
    expect(await read('code/t1.js')).toMatch(
      /^\/\/ Task t1 \(worker\) of run \w+: completed\n\/\/ How much was it\?\n.*\n\/\/ bailiwick replay \w+ t1\n\n\/\/ Step 1: error\nconst mean = 2 \/ 3\nmissing\(\)\n\n\/\/ Step 2\nfinalAnswer/,
    )
  })

  it('shows other data as Markdown, without the digits that nobody computed', async () => {
    const { stdout, read } = await outOf(
      { worker: { t1: [final('[{ month: "May", mean: 0.1 + 0.2 }, { month: "June", mean: 5 / 3 }]')] } },
      'auto',
    )
    expect(stdout).toBe('| month | mean |\n| --- | ---: |\n| May | 0.3 |\n| June | 1.667 |\n')
    expect(await read('report.md')).toBe(stdout)
    expect(JSON.parse(await read('answer.json'))).toEqual([
      { month: 'May', mean: 0.1 + 0.2 },
      { month: 'June', mean: 5 / 3 },
    ])
  })
})

describe('a planned run', () => {
  it('asks its tasks for data, and names the task of each figure in the report', async () => {
    const { stdout, files, read } = await outOf(
      {
        planner: { plan: [planReply({ name: 't1' }, { name: 't2' })] },
        worker: { t1: [final('{ mean: 5.125 }')], t2: [final('12')] },
        writer: { answer: ['It was {{t1.mean:1}}.\n\n## More\n\nAnd {{t2}}.'] },
      },
      'plan',
    )
    expect(stdout).toBe('It was 5.1.\n\n## More\n\nAnd 12.\n')
    expect(await read('report.md')).toBe(
      'It was 5.1.\n\n*[t1](code/t1.js): 5.1*\n\n## More\n\nAnd 12.\n\n*[t2](code/t2.js): 12*\n',
    )
    expect(files).toEqual(['code', 'code/t1.js', 'code/t2.js', 'report.md', 'run.json'])
  })
})
