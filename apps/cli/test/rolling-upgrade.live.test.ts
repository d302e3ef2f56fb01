import { type Bus, connectFromEnv, requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { startExternalServer } from '@bailiwick/nats-server/testing'
import { expect, it } from 'vitest'
import {
  ASKING_AGENTS,
  type AskingTeam,
  approve,
  askingTeam,
  expectOnce,
  untilWaiting,
} from './asking-team.ts'
import { bareEnv, run } from './program.ts'

/** Runs that wait while everything is replaced. `UPGRADE_RUNS=1000` is the long form. */
const RUNS = Number(process.env.UPGRADE_RUNS ?? 40)

const ids = Array.from({ length: RUNS }, (_, n) => `r${n}`)
const part = (from: number, to: number) => ids.slice(Math.floor(RUNS * from), Math.floor(RUNS * to))

async function submitAll(bus: Bus): Promise<void> {
  for (const [n, id] of ids.entries()) {
    const agent = ASKING_AGENTS[n % ASKING_AGENTS.length] ?? ''
    await requestRun(bus, 'submit', { run: id, text: 'pay', agent }, { waitMs: 60_000 })
  }
  await untilWaiting(bus, ids)
}

async function approveAll(bus: Bus, runs: readonly string[]): Promise<void> {
  for (const id of runs) await approve(bus, id)
}

it(`keeps ${RUNS} waiting runs when daemon, hosts and server are replaced`, {
  timeout: 1_800_000,
}, async () => {
  await using team = await askingTeam()
  const { bailiwick } = team
  const restart = async () => {
    expect(await bailiwick('down')).toMatchObject({ code: 0 })
    expect(await untilNoneSurvive(team.folder)).toEqual([])
    expect(await bailiwick('up', '--detach')).toMatchObject({ code: 0 })
  }
  await bailiwick('up', '--detach')
  {
    await using bus = await team.connect()
    await submitAll(bus)
  }
  await restart()
  {
    await using bus = await team.connect()
    await approveAll(bus, part(0, 0.5))
  }
  // Some of these tasks are being resumed now.
  await restart()
  await using bus = await team.connect()
  await approveAll(bus, part(0.5, 1))
  await expectOnce(bus, team, ids)
  await bailiwick('down')
})

it(`keeps ${RUNS} waiting runs when two coordinators are replaced one after the other`, {
  timeout: 1_800_000,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startExternalServer())
  const one = stack.use(await askingTeam())
  const two = stack.use(await askingTeam(`${one.folder}/payments`))
  const access = { NATS_URL: server.url }
  const cli = async ({ folder }: AskingTeam, ...args: string[]) => {
    const ended = await run(args, { cwd: folder, env: bareEnv(access) })
    expect(ended.code, ended.stderr).toBe(0)
  }
  await cli(one, 'up', '--detach')
  await cli(two, 'up', '--detach')
  {
    await using bus = await connectFromEnv('test', access)
    await submitAll(bus)
    await cli(one, 'down')
    await approveAll(bus, part(0, 0.25))
    await cli(one, 'up', '--detach')
    await approveAll(bus, part(0.25, 0.5))
    await cli(two, 'down')
    await approveAll(bus, part(0.5, 0.75))
    await cli(two, 'up', '--detach')
    await approveAll(bus, part(0.75, 1))
    await expectOnce(bus, one, ids)
  }
  for (const place of [one, two]) {
    await cli(place, 'down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  }
})
