import { connectFromEnv, eventName, followEvents, requestRun } from '@bailiwick/bus'
import { untilNoneSurvive } from '@bailiwick/coordinator/testing/survivors'
import { startExternalCluster } from '@bailiwick/nats-server/testing'
import { expect, it } from 'vitest'
import { bareEnv, run } from './program.ts'
import { final, planReply, teamFolder } from './team-folder.ts'

const DAY_MS = 86_400_000

it('replicates everything on a cluster, and continues a run when a server dies', async () => {
  await using stack = new AsyncDisposableStack()
  const { servers, url } = stack.use(await startExternalCluster(3))
  const place = stack.use(
    await teamFolder(
      {
        planner: { plan: [planReply({ name: 't1' })] },
        worker: { t1: ['<code>\nlet sum = 1\n</code>', { text: final('sum + 41'), untilFile: 'go' }] },
        writer: { answer: ['It is {{t1.output}}.'] },
      },
      { config: { streams: { replicas: 3, artifactMaxAgeMs: DAY_MS } } },
    ),
  )
  const access = { NATS_URL: url }
  const cli = (...args: string[]) => run(args, { cwd: place.folder, env: bareEnv(access) })
  const up = await cli('up', '--detach')
  expect(up.code, up.stderr).toBe(0)
  {
    await using bus = await connectFromEnv('test', access)
    const streams = []
    for await (const { config } of bus.jsm.streams.list()) streams.push(config)
    expect(streams.map(({ name }) => name)).toContain('FILES')
    for (const { name, num_replicas, max_age } of streams) {
      expect(num_replicas, name).toBe(3)
      if (name === 'FILES') expect(max_age, name).toBe(DAY_MS * 1e6)
    }
    for (const agent of ['worker', 'writer']) {
      expect((await bus.jsm.consumers.info('TASK', agent)).config.num_replicas, agent).toBe(3)
    }
    await requestRun(bus, 'submit', { run: 'r1', text: 'x' })
    const connected = bus.connection.info?.port
    for await (const { event } of followEvents(bus, { from: 'beginning', run: 'r1' })) {
      const seen = `${eventName(event.type)} ${event.task}`
      // End the server of this connection, so that the connection has to find another one.
      if (seen === 'step.ended r1-t1') {
        await servers.find(({ port }) => port === connected)?.[Symbol.asyncDispose]()
        await place.write('go', '')
      }
      if (seen === 'run.ended run') break
    }
    const view = await requestRun(bus, 'get', { run: 'r1' })
    expect(view.result).toMatchObject({ status: 'completed', answer: 'It is 42.' })
  }
  await cli('down')
  expect(await untilNoneSurvive(place.folder)).toEqual([])
})
