import { readFile } from 'node:fs/promises'
import { requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { expect, it, vi } from 'vitest'
import { lastJson } from './program.ts'
import { eventsUntil, nameAndTask, type TeamFolder, teamFolder } from './team-folder.ts'

const card = { name: 'worker', description: 'x', level: 0, tools: [], delegates: [], imports: [] }
const urlOf = (name: string) => JSON.stringify(import.meta.resolve(name))

/**
 * A definition whose host is another program until the file `updated` exists: one that takes tasks and drains like any
 * host, and announces a version of the protocol that is too old as soon as the file `old` exists.
 */
const WORKER = `
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { announceAgent, connectFromEnv, openJournal, takeTasks } from ${urlOf('@bailiwick/bus')}
import { NO_USAGE } from ${urlOf('@bailiwick/contract')}

const card = ${JSON.stringify(card)}
export default card

const until = async (file) => {
  while (!existsSync(file)) await sleep(20)
}
async function work(bus, delivery) {
  const { run, task } = delivery
  const journal = openJournal(bus, { writer: 'worker', run, task })
  for await (const _ of journal.read());
  const engine = { node: '', v8: '', bailiwick: '' }
  await journal.append([{ type: 'task.started', at: Date.now(), attempt: 1, host: 'worker-old', engine, level: 0 }])
  await until('go')
  const ended = { status: 'completed', output: 'by the old host', usage: NO_USAGE, artifacts: [] }
  await journal.append([{ type: 'task.ended', at: Date.now(), ...ended }])
  delivery.ack()
}
if (process.env.NATS_URL !== undefined && !existsSync('updated')) {
  const draining = new AbortController()
  process.once('SIGTERM', () => draining.abort())
  const bus = await connectFromEnv('worker')
  const presence = { card, host: 'worker-old', pid: process.pid, slots: 1, busy: 0, startedAt: Date.now() }
  const announced = await announceAgent(bus, presence)
  void until('old').then(() => announced.update({ protocol: 0 }))
  const working = []
  for await (const delivery of takeTasks(bus, 'worker', { signal: draining.signal })) {
    working.push(work(bus, delivery))
  }
  await Promise.all(working)
  await announced[Symbol.asyncDispose]()
  await bus.drain()
  process.exit(0)
}
`

const submit = async (place: TeamFolder, run: string) => {
  await using bus = await place.connect()
  await requestRun(bus, 'submit', { run, text: 'x' })
}
const resultOf = async (place: TeamFolder, run: string) => {
  await using bus = await place.connect()
  const events = await eventsUntil(bus, run, 'run.ended')
  const starts = events.filter((event) => nameAndTask(event) === `task.started ${run}-t1`)
  return { starts, ...(await requestRun(bus, 'get', { run })).result }
}

it('lets a host that is too old finish its tasks, restarts it, and says so', async () => {
  await using place = await teamFolder(
    { worker: { t1: ['by the new host'] } },
    {
      agents: [{ name: 'worker', level: 0 }],
      config: { strategy: 'direct', lead: 'worker', limits: { graceMs: 60_000 } },
    },
  )
  const { bailiwick, folder } = place
  await place.write('worker.mjs', WORKER)
  await bailiwick('up', '--detach')
  await submit(place, 'r1')
  {
    await using bus = await place.connect()
    await eventsUntil(bus, 'r1', 'task.started')
  }
  // The next daemon adopts the host. For that daemon it is too old.
  const old = pidOf(folder, /worker\.mjs/)
  process.kill(pidOf(folder, DAEMON), 'SIGKILL')
  await place.write('old', '')
  const up = await bailiwick('up', '--detach')
  const why = 'speaks version 0 of the protocol, and this daemon needs 1 or newer'
  await vi.waitFor(
    async () => {
      const { processes, agents } = lastJson(await bailiwick('status', '--json'))
      expect(processes).toContainEqual(
        expect.objectContaining({ name: 'agent-worker-1', pid: old, replacing: why }),
      )
      expect(agents).toMatchObject([{ hosts: [{ host: 'worker-old', protocol: 0, tooOld: true }] }])
    },
    { timeout: 60_000, interval: 200 },
  )
  const { stdout } = await bailiwick('status')
  expect(stdout).toContain(`being replaced: it ${why}`)
  await submit(place, 'r2')
  await place.write('updated', '')
  await place.write('go', '')

  const first = await resultOf(place, 'r1')
  expect(first).toMatchObject({ status: 'completed', answer: 'by the old host' })
  expect(first.starts).toHaveLength(1)
  expect(await resultOf(place, 'r2')).toMatchObject({ status: 'completed', answer: 'by the new host' })
  const { processes } = lastJson(await bailiwick('status', '--json'))
  const host = processes.find(({ name }: { name: string }) => name === 'agent-worker-1')
  expect(host).toMatchObject({ state: 'running', restarts: 1, quickDeaths: 0 })
  expect(host.pid).not.toBe(old)
  expect(host.replacing).toBeUndefined()
  const log = await readFile(`${folder}/.bailiwick/logs/daemon.log`, 'utf8')
  // While it starts, the daemon tells the command.
  const lines = (up.stderr + log).split('\n').filter((line) => line.includes('agent-worker-1'))
  expect(lines).toEqual([
    expect.stringContaining(
      `agent-worker-1 (process ${old}) ${why}. It finishes its tasks, and is restarted.`,
    ),
  ])
  await bailiwick('down')
  expect(await untilNoneSurvive(folder)).toEqual([])
})
