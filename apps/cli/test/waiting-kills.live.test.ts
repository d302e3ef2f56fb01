import { readFile } from 'node:fs/promises'
import { type Bus, connectBus, eventName, followEvents, requestRun, STREAMS } from '@bailiwick/bus'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import {
  ASKING_AGENTS,
  type AskingTeam,
  approve,
  askingTeam,
  expectOnce,
  untilWaiting,
} from './asking-team.ts'

type Victim = 'hosts' | 'daemon' | 'nats-server'

let team: AskingTeam
beforeAll(async () => {
  team = await askingTeam()
  await team.bailiwick('up', '--detach')
})
afterAll(async () => {
  await team.bailiwick('down')
  expect(await untilNoneSurvive(team.folder)).toEqual([])
  await team[Symbol.asyncDispose]()
})

const hostOf = (agent: string) => pidOf(team.folder, new RegExp(`${agent}\\.mjs`))
const pidsOf = (victim: Victim): number[] => {
  if (victim === 'hosts') return ASKING_AGENTS.map(hostOf)
  return [pidOf(team.folder, victim === 'daemon' ? DAEMON : /nats-server/)]
}

/** Waits until a second host has started a run's only task. */
async function untilResumed(bus: Bus, run: string): Promise<void> {
  let starts = 0
  for await (const { event } of followEvents(bus, { from: 'beginning', run })) {
    if (eventName(event.type) === 'task.started') starts += 1
    if (starts === 2) return
  }
}

/** Waits until each agent's queue has a bell. */
async function untilRung(): Promise<void> {
  for (const agent of ASKING_AGENTS) {
    const url = JSON.parse((await team.bailiwick('env', '--json')).stdout).NATS_URL
    const creds = await readFile(`${team.folder}/.bailiwick/credentials/${agent}.creds`, 'utf8')
    await using bus = await connectBus({ url, creds, name: 'looks' })
    await vi.waitFor(
      async () => {
        const { num_pending, num_ack_pending } = await bus.jsm.consumers.info(STREAMS.task, agent)
        expect(num_pending + num_ack_pending).toBeGreaterThan(0)
      },
      { timeout: 60_000, interval: 20 },
    )
  }
}

type Moment = (bus: Bus, runs: readonly string[], kill: () => void) => Promise<void>

const afterDecision: Moment = async (bus, runs, kill) => {
  await untilWaiting(bus, runs)
  for (const run of runs) await approve(bus, run)
  kill()
}

const whileResuming: Moment = async (bus, runs, kill) => {
  await untilWaiting(bus, runs)
  const resumed = runs.map((run) => untilResumed(bus, run))
  for (const run of runs) await approve(bus, run)
  await Promise.race(resumed)
  kill()
}

/** Each kills the victim once, at its moment. Afterwards, the runs that no person has decided on are approved. */
const MOMENTS: Record<string, Moment> = {
  'task.waiting is stored': async (bus, runs, kill) => {
    await untilWaiting(bus, runs)
    kill()
  },
  'run.decided is stored': afterDecision,
  'the bell was rung': async (bus, runs, kill) => {
    await untilWaiting(bus, runs)
    const hosts = ASKING_AGENTS.map(hostOf)
    // A stopped host cannot take the bell.
    for (const pid of hosts) process.kill(pid, 'SIGSTOP')
    for (const run of runs) await approve(bus, run)
    await untilRung()
    kill()
    for (const pid of hosts) process.kill(pid, 'SIGCONT')
  },
  'the host resumes the task': whileResuming,
}

let runsSoFar = 0

it.each(
  Object.entries(MOMENTS).flatMap(([name, moment]) =>
    (['hosts', 'daemon', 'nats-server'] as const).map((victim) => [name, victim, moment] as const),
  ),
)('asks once and pays once if after %s, kill -9 ends: %s', async (_, victim, moment) => {
  runsSoFar += 1
  const runs = ASKING_AGENTS.map((agent) => `${agent}-${runsSoFar}`)
  {
    await using bus = await team.connect()
    for (const [n, run] of runs.entries()) {
      await requestRun(bus, 'submit', { run, text: 'pay', agent: ASKING_AGENTS[n] }, { waitMs: 60_000 })
    }
    await moment(bus, runs, () => {
      for (const pid of pidsOf(victim)) process.kill(pid, 'SIGKILL')
    })
  }
  if (victim === 'daemon') await team.bailiwick('up', '--detach')
  await using bus = await team.connect()
  for (const run of runs) {
    const { asked } = await requestRun(bus, 'get', { run }, { waitMs: 60_000 })
    if (asked.length > 0) await approve(bus, run)
  }
  const isAtWork = moment === afterDecision || moment === whileResuming
  await expectOnce(bus, team, runs, { maybeCut: victim === 'hosts' && isAtWork })
})
