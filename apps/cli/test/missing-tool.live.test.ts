import { afterAll, beforeAll, expect, it } from 'vitest'
import { start } from './program.ts'
import { final, planReply, type TeamFolder, teamFolder } from './team-folder.ts'

/** Tasks in a chain. If each waited ten seconds for the tool, the run would outlast the test. */
const TASKS = 10

let place: TeamFolder
beforeAll(async () => {
  const names = Array.from({ length: TASKS }, (_, n) => `t${n + 1}`)
  const plan = planReply(...names.map((name, n) => ({ name, after: n === 0 ? [] : [`t${n}`] })))
  place = await teamFolder(
    {
      planner: { plan: [plan] },
      worker: {
        t1: ['<code>\nawait census({})\n</code>', final('1')],
        ...Object.fromEntries(names.slice(1).map((name) => [name, [final('1')]])),
      },
      writer: { answer: [`It is {{t${TASKS}.output}}.`] },
    },
    {
      agents: [
        { name: 'worker', level: 5, tools: ['census', 'readFile'] },
        { name: 'writer', level: 0, references: true },
      ],
    },
  )
})
afterAll(() => place?.[Symbol.asyncDispose]())

it('a tool that no process hosts delays no task, and everybody is told', async () => {
  const doctor = await place.bailiwick('doctor')
  expect(doctor.stdout).toMatch(/! tools +census \(worker\): no process of the team hosts it/)
  const daemon = start(['up'], { cwd: place.folder })
  await daemon.until(/worker asks for the tool census, and no process hosts it/)
  const { stdout } = await place.bailiwick('status')
  expect(stdout).toContain('missing tool census, which worker asks for: no process hosts it')
  const ended = await place.bailiwick('run', 'x')
  expect(ended.stdout).toBe('It is 1.\n')
  const id = /r[a-z2-7]{12}/.exec((await place.bailiwick('runs')).stdout)?.[0] ?? ''
  const shown = await place.bailiwick('show', id, '--task', 't1')
  expect(shown.stdout).toContain('census is not available: no process hosted it when this task was created')
  const again = await place.bailiwick('doctor')
  expect(again.stdout).toMatch(/! tools +census \(worker\): no process hosts it/)
  await place.bailiwick('down')
  const all = (await daemon.ended).stderr
  expect(all.match(/asks for the tool census/g)).toHaveLength(1)
})
