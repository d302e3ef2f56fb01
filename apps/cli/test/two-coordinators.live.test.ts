import { connectFromEnv, requestRun } from '@bailiwick/bus'
import { DAEMON, pidOf, untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { startExternalCluster } from '@bailiwick/nats-server/testing'
import { expect, it, vi } from 'vitest'
import { bareEnv, lastJson, run } from './program.ts'
import { type TeamFolder, teamFolder } from './team-folder.ts'

const soon = { timeout: 180_000, interval: 100 }

it('finishes the runs of a coordinator that was killed, on a cluster of three servers', async () => {
  await using stack = new AsyncDisposableStack()
  const { url } = stack.use(await startExternalCluster(3))
  const go = stack.use(await teamFolder({}))
  const replies = { writer: { t1: [{ text: 'done', untilFile: `${go.folder}/go` }] } }
  const agents = [{ name: 'writer', level: 0 }]
  const config = { streams: { replicas: 3 }, strategy: 'direct', lead: 'writer' }
  const options = { agents, config, members: { writer: { maxConcurrent: 32 } } }
  const [one, two] = [
    stack.use(await teamFolder(replies, options)),
    stack.use(await teamFolder(replies, options)),
  ]
  const access = { NATS_URL: url }
  const cli = ({ folder }: TeamFolder, ...args: string[]) => run(args, { cwd: folder, env: bareEnv(access) })
  for (const place of [one, two]) {
    const up = await cli(place, 'up', '--detach')
    expect(up.code, up.stderr).toBe(0)
  }
  const status = async (place: TeamFolder) => lastJson(await cli(place, 'status', '--json'))
  const before = await Promise.all([status(one), status(two)])
  expect(before.map(({ dataDir }) => dataDir)).toEqual([one, two].map(({ folder }) => `${folder}/.bailiwick`))
  await vi.waitFor(async () => {
    const [first, second] = await Promise.all([status(one), status(two)])
    expect(first.others).toMatchObject([{ coordinator: second.coordinator, pid: second.pid }])
    expect(second.others).toMatchObject([{ coordinator: first.coordinator, pid: first.pid }])
  }, soon)
  {
    await using bus = await connectFromEnv('test', access)
    const ids = Array.from({ length: 12 }, (_, n) => `r${n}`)
    for (const id of ids) await requestRun(bus, 'submit', { run: id, text: id }, { waitMs: 60_000 })
    await vi.waitFor(async () => {
      const working = (await Promise.all([status(one), status(two)])).map(({ workingRuns }) => workingRuns)
      // The servers spread the submissions over both.
      expect(Math.min(...working)).toBeGreaterThan(0)
      expect(working[0] + working[1]).toBe(ids.length)
    }, soon)
    process.kill(pidOf(one.folder, DAEMON), 'SIGKILL')
    await vi.waitFor(
      async () => expect(await status(two)).toMatchObject({ workingRuns: 12, others: [] }),
      soon,
    )
    await go.write('go', '')
    await vi.waitFor(async () => {
      const { runs } = await requestRun(bus, 'list', {}, { waitMs: 60_000 })
      expect(runs.map(({ status }) => status)).toEqual(ids.map(() => 'completed'))
    }, soon)
  }
  for (const place of [one, two]) {
    await cli(place, 'down')
    expect(await untilNoneSurvive(place.folder)).toEqual([])
  }
}, 400_000)
