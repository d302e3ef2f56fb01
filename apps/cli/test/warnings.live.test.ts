import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requestRun } from '@bailiwick/bus'
import { pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { eventsUntil, teamFolder } from './team-folder.ts'

const RUNS = 16
const NAMES = Array.from({ length: 6 }, (_, n) => `t${n}`)

/** Emitters and targets warn at eleven listeners, so everything is done more often than that at the same time. */
it('prints no warning under load: many runs, tasks, delegates, calls and files, canceled runs, a new nats-server', async () => {
  const go = { untilFile: 'go' }
  const delegates = `const all = await Promise.all(${JSON.stringify(NAMES)}.map((n) => worker({ task: n })))`
  const files = `await Promise.all(${JSON.stringify(NAMES)}.map((n) => writeArtifact({ name: n + '.txt', content: n })))`
  await using place = await teamFolder(
    {
      worker: { '*': [{ text: 'Done.', ...go }] },
      synthesiser: { answer: ['All done.'] },
      lead: { '*': [`<code>\n${delegates}\n${files}\nfinalAnswer(all.length)\n</code>`] },
    },
    {
      agents: [
        { name: 'worker', level: 0 },
        { name: 'lead', level: 5, delegates: ['worker'], tools: ['writeArtifact'] },
      ],
      members: { worker: { maxConcurrent: 64 }, lead: { maxConcurrent: 16 } },
      config: { limits: { fanOut: 16, graceMs: 500 } },
    },
  )
  const env = bareEnv({ NODE_OPTIONS: '--trace-warnings' })
  const up = await run(['up', '--detach'], { cwd: place.folder, env })
  expect(up).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Warning') })
  await using bus = await place.connect()
  const plan = { tasks: NAMES.map((name) => ({ name, agent: 'worker', text: 'x', after: [], inputs: [] })) }
  const runs = Array.from({ length: RUNS }, (_, n) => `r${n}`)
  const isPlanned = (run: string) => Number(run.slice(1)) % 2 === 0
  await Promise.all(
    runs.map((id) =>
      requestRun(bus, 'submit', { run: id, text: 'x', ...(isPlanned(id) ? { plan } : { agent: 'lead' }) }),
    ),
  )
  await Promise.all(
    runs.map((id) => eventsUntil(bus, id, 'task.started', isPlanned(id) ? undefined : `${id}-t1`)),
  )
  await Promise.all(runs.slice(0, 2).map((id) => requestRun(bus, 'cancel', { run: id })))
  process.kill(pidOf(place.folder, /nats-server.*-c/), 'SIGKILL')
  await place.write('go', '')
  await Promise.all(runs.slice(2).map((id) => eventsUntil(bus, id, 'run.ended')))
  const details = await Promise.all(runs.slice(2).map((id) => requestRun(bus, 'get', { run: id })))
  expect(details.map(({ status, result }) => result?.error?.message ?? status)).toEqual(
    Array(RUNS - 2).fill('completed'),
  )
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
  const logs = join(place.folder, '.bailiwick/logs')
  for (const name of readdirSync(logs)) {
    expect(`${name}: ${readFileSync(join(logs, name), 'utf8')}`).not.toContain('Warning')
  }
})
