import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventName, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { describe, expect, it } from 'vitest'
import { lastJson } from './program.ts'
import { eventsUntil, final, type TeamFolder, teamFolder } from './team-folder.ts'

/** As short as the configuration allows. */
const IDLE_MS = 1_000
/** Without a hand-over, the server redelivers a task this long after its last sign of work. */
const ACK_WAIT_MS = 30_000
const NAMES = ['one', 'two', 'three', 'four', 'five', 'six']

/** A team of six, so that hosts run on demand. The replies of `one` are for as many tasks as a test needs. */
function teamOfSix(options: { idleMs?: number; members?: Record<string, object> } = {}): Promise<TeamFolder> {
  const { idleMs = IDLE_MS, members = {} } = options
  return teamFolder(
    { one: { '*': [{ text: final("'Done.'"), untilFile: 'go' }] } },
    {
      agents: NAMES.map((name) => ({ name, level: 5 })),
      members,
      config: { limits: { hostIdleMs: idleMs } },
    },
  )
}

interface Status {
  processes: { name: string; state: string; pid?: number; restarts: number; adopted?: boolean }[]
}

const statusOf = async (place: TeamFolder): Promise<Status> =>
  lastJson(await place.bailiwick('status', '--json'))

async function hosts(place: TeamFolder, state: string): Promise<string[]> {
  const { processes } = await statusOf(place)
  return processes.filter((process) => process.state === state).map(({ name }) => name)
}

async function host(place: TeamFolder, name: string) {
  return (await statusOf(place)).processes.find((process) => process.name === name)
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50)
}

async function down(place: TeamFolder): Promise<void> {
  await place.bailiwick('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
}

describe('a team of six', () => {
  it('starts a host with its first task, stops it when it is idle, and starts it again', async () => {
    await using place = await teamOfSix()
    expect(await place.bailiwick('up', '--detach')).toMatchObject({ code: 0 })
    expect(await hosts(place, 'running')).toEqual(['toolbox'])
    const { stdout } = await place.bailiwick('status')
    expect(stdout).toMatch(/agent-one-1 +on demand, starts with its next task\n/)
    expect(stdout).toMatch(/one +level 5, host on demand, 0 tasks/)
    await place.write('go', '')
    for (let life = 0; life < 2; life += 1) {
      const ended = await place.bailiwick('run', 'x', '--agent', 'one')
      expect(ended).toMatchObject({ code: 0, stdout: 'Done.\n' })
      await until(async () => (await hosts(place, 'idle')).includes('agent-one-1'))
    }
    expect(await hosts(place, 'running')).toEqual(['toolbox'])
    expect(await host(place, 'agent-one-1')).toMatchObject({ restarts: 0 })
    // Only this host has ever started.
    const logs = readdirSync(`${place.folder}/.bailiwick/logs`).filter((name) => name.startsWith('agent-'))
    expect(logs).toEqual(['agent-one-1.log'])
    await down(place)
  })

  it('restarts a host that is killed at work, and its task goes on', async () => {
    await using place = await teamOfSix()
    await place.bailiwick('up', '--detach')
    await using bus = await place.connect()
    await requestRun(bus, 'submit', { run: 'r1', text: 'x', agent: 'one' })
    await eventsUntil(bus, 'r1', 'task.started')
    const before = await host(place, 'agent-one-1')
    process.kill(before?.pid ?? 0, 'SIGKILL')
    await place.write('go', '')
    const events = await eventsUntil(bus, 'r1', 'run.ended')
    expect(events.filter(({ type }) => eventName(type) === 'task.started')).toHaveLength(2)
    expect(await host(place, 'agent-one-1')).toMatchObject({ restarts: 1 })
    await until(async () => (await hosts(place, 'idle')).length === NAMES.length)
    await bus.close()
    await down(place)
  })

  it('starts a second replica only if the first one has no free slot', async () => {
    await using place = await teamOfSix({ members: { one: { replicas: 2, maxConcurrent: 1 } } })
    await place.bailiwick('up', '--detach')
    await using bus = await place.connect()
    await requestRun(bus, 'submit', { run: 'r1', text: 'x', agent: 'one' })
    await eventsUntil(bus, 'r1', 'task.started')
    expect(await host(place, 'agent-one-2')).toMatchObject({ state: 'idle' })
    await requestRun(bus, 'submit', { run: 'r2', text: 'x', agent: 'one' })
    await eventsUntil(bus, 'r2', 'task.started')
    expect(await host(place, 'agent-one-2')).toMatchObject({ state: 'running' })
    await place.write('go', '')
    for (const run of ['r1', 'r2']) await eventsUntil(bus, run, 'run.ended')
    await until(async () => (await hosts(place, 'idle')).length === NAMES.length + 1)
    await bus.close()
    await down(place)
  })

  it('loses no task that arrives while its host stops, and delays none', async () => {
    await using place = await teamOfSix()
    await place.write('go', '')
    await place.bailiwick('up', '--detach')
    await using bus = await place.connect()
    for (let n = 0; n < 12; n += 1) {
      const began = performance.now()
      await requestRun(bus, 'submit', { run: `r${n}`, text: 'x', agent: 'one' })
      await eventsUntil(bus, `r${n}`, 'run.ended')
      expect(performance.now() - began).toBeLessThan(ACK_WAIT_MS - 5_000)
      // Around the moment in which it stops.
      await sleep(IDLE_MS - 60 + n * 12)
    }
    await bus.close()
    await down(place)
  })
})

describe('the next daemon', () => {
  it.each([
    ['begins without hosts if the last one was killed while they were idle', IDLE_MS, 'SIGKILL'],
    ['adopts a host that is idle, and sees it stop', 15_000, 'SIGKILL'],
    ['begins without hosts if the last one ended in order', IDLE_MS, 'SIGTERM'],
  ] as const)('%s', async (_, idleMs, signal) => {
    await using place = await teamOfSix({ idleMs })
    await place.write('go', '')
    await place.bailiwick('up', '--detach')
    await place.bailiwick('run', 'x', '--agent', 'one')
    const before = await host(place, 'agent-one-1')
    if (idleMs === IDLE_MS) await until(async () => (await hosts(place, 'idle')).length === NAMES.length)
    const daemon = pidOf(place.folder, DAEMON)
    process.kill(daemon, signal)
    await until(
      () => !existsSync(`/proc/${daemon}`) || readFileSync(`/proc/${daemon}/stat`, 'utf8').includes(') Z'),
    )
    await place.bailiwick('up', '--detach')
    const after = await host(place, 'agent-one-1')
    if (idleMs === IDLE_MS) expect(after).toMatchObject({ state: 'idle' })
    else expect(after).toMatchObject({ state: 'running', pid: before?.pid, adopted: true })
    const ended = await place.bailiwick('run', 'x', '--agent', 'one')
    expect(ended).toMatchObject({ code: 0, stdout: 'Done.\n' })
    await until(async () => (await hosts(place, 'idle')).length === NAMES.length)
    await down(place)
  })
})

describe('a host that runs on demand and keeps dying', () => {
  it('fails the runs that need it, and works again when its cause is gone', async () => {
    await using place = await teamFolder(
      { mortal: { '*': ['I live.'] } },
      {
        agents: [{ name: 'other', level: 0 }],
        config: { team: ['./mortal.mjs', './other.mjs'], hosts: 'on-demand', limits: { restarts: 1 } },
      },
    )
    await place.write(
      'mortal.mjs',
      `import { existsSync } from 'node:fs'
       if (process.env.NATS_URL && !existsSync(${JSON.stringify(`${place.folder}/licence`)})) process.exit(1)
       export default { name: 'mortal', description: 'x', level: 0 }`,
    )
    expect(await place.bailiwick('up', '--detach')).toMatchObject({ code: 0 })
    for (let run = 0; run < 2; run += 1) {
      const failed = await place.bailiwick('run', 'x', '--agent', 'mortal')
      expect(failed).toMatchObject({ code: 3, stderr: expect.stringContaining('no-host') })
    }
    expect(await host(place, 'agent-mortal-1')).toMatchObject({ state: 'failed' })
    await place.write('licence', '')
    const ended = await place.bailiwick('run', 'x', '--agent', 'mortal')
    expect(ended).toMatchObject({ code: 0, stdout: 'I live.\n' })
    await down(place)
  })
})

describe('the setting "hosts"', () => {
  it('keeps hosts running, for the team or for one agent', async () => {
    await using place = await teamFolder(
      {},
      {
        agents: ['one', 'two', 'three'].map((name) => ({ name, level: 0 })),
        members: { two: { hosts: 'always' } },
        config: { hosts: 'on-demand' },
      },
    )
    await place.bailiwick('up', '--detach')
    expect(await hosts(place, 'running')).toEqual(['toolbox', 'agent-two-1'])
    expect(await hosts(place, 'idle')).toEqual(['agent-one-1', 'agent-three-1'])
    await down(place)
  })
})

describe("an agent's own tool", () => {
  it('is called by another agent although its host does not run', async () => {
    await using place = await teamFolder(
      { one: { '*': [final('await stamp({})')] } },
      {
        agents: [{ name: 'one', level: 5, tools: ['stamp'] }],
        config: { team: ['./one.mjs', './clerk.mjs'], hosts: 'on-demand', limits: { hostIdleMs: IDLE_MS } },
      },
    )
    await place.write(
      'clerk.mjs',
      `const stamp = { name: 'stamp', description: 'x', input: { type: 'object', properties: {}, additionalProperties: false }, effect: 'once', run: async () => 'stamped' }
       export default { name: 'clerk', description: 'x', level: 3, tools: [stamp] }`,
    )
    expect(await place.bailiwick('up', '--detach')).toMatchObject({ code: 0 })
    for (let life = 0; life < 2; life += 1) {
      const ended = await place.bailiwick('run', 'x', '--agent', 'one')
      expect(ended).toMatchObject({ code: 0, stdout: 'stamped\n' })
      await until(async () => (await hosts(place, 'idle')).length === 2)
    }
    await down(place)
  })
})
