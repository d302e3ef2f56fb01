import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectBus, requestRun } from '@bailiwick/bus'
import { type SmallDisk, smallDisk } from '@bailiwick/coordinator/testing/small-disk'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { startExternalServer } from '@bailiwick/nats-server/testing'
import { expect, it, type TestContext } from 'vitest'
import { bareEnv, lastJson, start } from './program.ts'
import { eventsUntil, final, nameAndTask, type Script, type TeamFolder, teamFolder } from './team-folder.ts'

/** Disks are checked every second, hosts send a heartbeat every two, and are lost after six. Milliseconds. */
const LONG_MS = 15_000

async function diskOrSkip(context: TestContext): Promise<SmallDisk> {
  const disk = await smallDisk(60)
  return typeof disk === 'string' ? context.skip(disk) : disk
}

/** A team whose data directory is on a disk of its own. */
function teamOn(disk: SmallDisk, replies: Script): Promise<TeamFolder> {
  const dataDir = `${disk.folder}/data`
  const team = [{ agent: './worker.mjs' }]
  return teamFolder(replies, {
    agents: [{ name: 'worker', level: 5, budget: { steps: 200 } }],
    config: { dataDir, team, limits: { graceMs: 500 } },
  })
}

/** A task of many steps, each of which takes a moment. */
function steps(count: number): Script {
  const each = Array.from({ length: count }, (_, step) => ({
    text: `<code>\nlet v${step} = ${step}\n</code>`,
    delayMs: 200,
  }))
  return { worker: { t1: [...each, final(`v${count - 1} + 1`)] } }
}

const log = (disk: SmallDisk) => readFileSync(`${disk.folder}/data/logs/daemon.log`, 'utf8')

it('a full disk stops nothing for good: runs wait, new ones are refused at once, and all continue', async (context) => {
  await using disk = await diskOrSkip(context)
  await using place = await teamOn(disk, steps(80))
  await place.bailiwick('up', '--detach')
  const daemon = pidOf(place.folder, DAEMON)
  await using bus = await place.connect()
  await requestRun(bus, 'submit', { run: 'r1', text: 'x', agent: 'worker' })
  await eventsUntil(bus, 'r1', 'step.ended')
  disk.fill()
  await sleep(LONG_MS / 2)
  // A host that dies meanwhile cannot be recorded, and so not be started, before there is space.
  process.kill(pidOf(place.folder, /worker\.mjs/), 'SIGKILL')
  await sleep(LONG_MS / 2)
  expect(pidOf(place.folder, DAEMON)).toBe(daemon)
  await place.write('data.csv', 'a,b\n1,2\n')
  const before = performance.now()
  for (const input of [[], ['--input', 'data.csv']]) {
    const refused = await place.bailiwick('run', 'x', '--agent', 'worker', '--json', ...input)
    expect(lastJson(refused).error).toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining('Free some space'),
    })
  }
  expect(performance.now() - before).toBeLessThan(20_000)
  const status = lastJson(await place.bailiwick('status', '--json'))
  expect(status.waits).toContain(`The disk of ${disk.folder}/data is full.`)
  disk.free()
  const events = await eventsUntil(bus, 'r1', 'run.ended')
  const { result } = await requestRun(bus, 'get', { run: 'r1' })
  expect(result).toMatchObject({ status: 'completed', answer: 80 })
  // Nothing was done twice, and no acknowledged record was lost.
  const replied = events
    .filter((event) => nameAndTask(event).startsWith('step.replied '))
    .map(({ data }) => data.step)
  expect(replied).toEqual(Array.from({ length: 81 }, (_, step) => step + 1))
  expect(pidOf(place.folder, DAEMON)).toBe(daemon)
  // Said once each, although the disk was full when it was to be written.
  const lines = log(disk).split('\n')
  expect(lines.filter((line) => line.includes('is full. Runs wait'))).toHaveLength(1)
  expect(lines.filter((line) => line.includes('has space again. Runs continue.'))).toHaveLength(1)
  await place.script({ worker: { '*': [final('7')] } })
  expect((await place.bailiwick('run', 'x', '--agent', 'worker')).code).toBe(0)
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})

it.for(['a new', 'an old'])(
  '"up" waits on a full disk with %s data directory, and says so once',
  async (kind, context) => {
    await using disk = await diskOrSkip(context)
    await using place = await teamOn(disk, { worker: { '*': [final('7')] } })
    if (kind === 'an old') {
      await place.bailiwick('up', '--detach')
      await place.bailiwick('down')
    }
    disk.fill()
    const up = start(['up', '--detach'], { cwd: place.folder, env: bareEnv() })
    await up.until(/is full\. Waiting until there is space/)
    await sleep(3_000)
    expect(up.child.exitCode).toBeNull()
    disk.free()
    const ended = await up.ended
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('is ready') })
    expect(ended.stderr.match(/is full/g)).toHaveLength(1)
    expect((await place.bailiwick('run', 'x', '--agent', 'worker')).stdout).toContain('7')
    await place.bailiwick('down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  },
)

it('waits for room in the same way if a limit of the storage is reached', async () => {
  const accounts =
    'accounts { A { jetstream: { max_file: 20MB, max_mem: 20MB }, users: [{ user: a, password: a }] } }'
  await using server = await startExternalServer(accounts)
  const url = `nats://a:a@127.0.0.1:${server.port}`
  await using place = await teamFolder(steps(40), {
    agents: [{ name: 'worker', level: 5, budget: { steps: 200 } }],
    config: { nats: { url } },
  })
  await place.bailiwick('up', '--detach')
  const daemon = pidOf(place.folder, DAEMON)
  await using bus = await connectBus({ url, name: 'test' })
  await bus.jsm.streams.add({ name: 'FILLER', subjects: ['filler'] })
  await requestRun(bus, 'submit', { run: 'r1', text: 'x', agent: 'worker' })
  await eventsUntil(bus, 'r1', 'step.ended')
  const fill = async () => {
    for (let size = 900_000; size > 0; ) {
      try {
        await bus.js.publish('filler', 'x'.repeat(size))
      } catch (error) {
        expect(error).toMatchObject({ message: 'resource limits exceeded for account' })
        size = Math.floor(size / 2)
      }
    }
  }
  // Other messages are deleted now and then, and leave a little room.
  for (const until = performance.now() + LONG_MS; performance.now() < until; await sleep(200)) await fill()
  expect(pidOf(place.folder, DAEMON)).toBe(daemon)
  await expect(
    requestRun(bus, 'submit', { run: 'r2', text: 'x'.repeat(50_000), agent: 'worker' }),
  ).rejects.toMatchObject({
    code: 'disk-full',
    message: expect.stringMatching(/found none: resource limits exceeded for account\. Free some space/),
  })
  await bus.jsm.streams.delete('FILLER')
  await eventsUntil(bus, 'r1', 'run.ended')
  const { result } = await requestRun(bus, 'get', { run: 'r1' })
  expect(result).toMatchObject({ status: 'completed', answer: 40 })
  expect(pidOf(place.folder, DAEMON)).toBe(daemon)
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
