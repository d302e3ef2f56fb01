import { startExternalCluster } from '@bailiwick/nats-server/testing'
import { expect, it } from 'vitest'
import type { Bus } from '../src/connect/bus.ts'
import { connectBus } from '../src/connect/connect-bus.ts'
import { followEvents } from '../src/event/follow-events.ts'
import { projectJournal } from '../src/event/project-journal.ts'
import { followJournal } from '../src/journal/follow-journal.ts'
import { openJournal } from '../src/journal/open-journal.ts'
import { persist } from '../src/publish/persist.ts'
import { prepareStreams } from '../src/streams/prepare-streams.ts'
import { planned, until } from './test-bus.ts'

/** Connects, and creates the streams as soon as the cluster has a leader. */
async function connectPrepared(url: string): Promise<Bus> {
  const bus = await connectBus({ url, name: 'writer' })
  const prepare = () =>
    prepareStreams(bus, { replicas: 3 }).then(
      () => true,
      () => false,
    )
  await until(prepare, 'the streams')
  return bus
}

it('a follower continues if the server that has its consumer dies and its own server lives', async () => {
  await using stack = new AsyncDisposableStack()
  const { servers, url } = stack.use(await startExternalCluster(3))
  const bus = stack.use(await connectPrepared(url))
  const journal = openJournal(bus, { writer: 'a', run: 'r1', task: 'r1-t1' })
  await journal.append([planned('before', 1)])

  /** The server that has the consumer of the journal. */
  const leader = async () => {
    for await (const { cluster } of bus.jsm.consumers.list('JOURNAL')) return cluster?.leader
    return undefined
  }
  for (;;) {
    const stop = new AbortController()
    const follower = await connectBus({ url, name: 'follower' })
    const seen: number[] = []
    const following = (async () => {
      for await (const { records } of followJournal(follower, { run: 'r1', signal: stop.signal })) {
        for (const record of records) if (record.type === 'task.planned') seen.push(record.step)
      }
    })()
    await until(() => seen.length === 1, 'the first record')
    const has = await until(leader, 'the consumer')
    const isElsewhere = has !== follower.connection.info?.server_name
    if (isElsewhere) {
      await servers[Number(has.slice(1))]?.[Symbol.asyncDispose]()
      for (let step = 2; step <= 5; step += 1) await journal.append([planned('after', step)])
      await until(() => seen.length === 5, 'the later records')
      expect(seen).toEqual([1, 2, 3, 4, 5])
    }
    stop.abort()
    await following
    await follower.close()
    if (isElsewhere) return
    await until(async () => (await leader()) === undefined, 'the consumer to be deleted')
  }
})

it('two coordinators publish each event once while a server of a cluster dies', async () => {
  await using stack = new AsyncDisposableStack()
  const { servers, url } = stack.use(await startExternalCluster(3))
  const bus = stack.use(await connectPrepared(url))
  const ended = new AbortController()
  const projecting: Promise<void>[] = []
  for (const coordinator of ['c-1', 'c-2']) {
    const own = stack.use(await connectBus({ url, name: coordinator }))
    projecting.push(projectJournal(own, ended.signal, { coordinator }))
  }
  const journal = openJournal(bus, { writer: 'a', run: 'r1', task: 'r1-t1' })
  for (let step = 1; step <= 200; step += 1) {
    await journal.append([planned('x', step), planned('y', step)])
    if (step === 100) await servers[0]?.[Symbol.asyncDispose]()
  }
  const ids: string[] = []
  for await (const { event } of followEvents(bus, { from: 'beginning' })) {
    ids.push(event.id)
    if (ids.length === 400) break
  }
  expect(new Set(ids).size).toBe(400)
  ended.abort()
  await Promise.all(projecting)
  const { state } = await persist(bus, 'counting events', undefined, () => bus.jsm.streams.info('EVENT'))
  expect(state.messages).toBe(400)
})
