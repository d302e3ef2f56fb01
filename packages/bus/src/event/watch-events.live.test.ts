import { startNatsServer } from '@bailiwick/nats-server'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestBus, type TestBus, take, until } from '../../test/test-bus.ts'
import type { Bus } from '../connect/bus.ts'
import { connectBus } from '../connect/connect-bus.ts'
import { eventType } from '../protocol/cloud-event.ts'
import { permissionsFor } from '../protocol/permissions/permissions-for.ts'
import { STREAMS } from '../protocol/places.ts'
import { publishEvent } from './publish-event.ts'
import { watchEvents } from './watch-events.ts'

/** More than the readers that one user may have (`limits.readers`, 256). */
const RUNS = 300

let test: TestBus
let alice: Bus
let count = 0
beforeAll(async () => {
  test = await startTestBus()
  const name = 'user-alice'
  const permissions = permissionsFor({ role: 'user', name: 'alice' })
  const { creds } = await test.server.credentials({ name, permissions })
  alice = await connectBus({ url: test.server.url, creds, name })
})
afterAll(async () => {
  await alice?.close()
  await test?.[Symbol.asyncDispose]()
})

function publish(run: string, number: number, { bus = test.bus, owner = 'user-alice' } = {}): Promise<void> {
  return publishEvent(bus, {
    specversion: '1.0',
    id: `${++count}.0`,
    source: '/bailiwick/coordinator',
    type: eventType('run.submitted'),
    subject: `${run}/run`,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    owner,
    run,
    task: 'run',
    agent: 'coordinator',
    data: { number },
  })
}

async function numbers(bus: Bus, run: string, wanted: number): Promise<unknown[]> {
  return (await take(watchEvents(bus, run), wanted)).map(
    ({ event }) => (event.data as { number: number }).number,
  )
}

const upTo = (length: number) => Array.from({ length }, (_, n) => n)
const readers = async () => (await test.bus.jsm.streams.info(STREAMS.event)).state.consumer_count ?? 0

it.each([
  ['the operator', () => test.bus],
  ['a named user', () => alice],
])('lets %s watch hundreds of runs with a few readers', async (name, connection) => {
  const bus = connection()
  const runs = upTo(RUNS).map((n) => `r${n}-${name.length}`)
  await Promise.all(runs.map((run) => publish(run, 0)))
  const watched = runs.map((run) => numbers(bus, run, 3))
  let most = 0
  const all = Promise.all(watched)
  for (let done = false; !done; ) {
    most = Math.max(most, await readers())
    const ended = all.then(() => true)
    await Promise.all(runs.map((run) => publish(run, 1)))
    most = Math.max(most, await readers())
    await Promise.all(runs.map((run) => publish(run, 2)))
    done = await ended
  }
  expect(new Set((await all).map(String))).toEqual(new Set(['0,1,2']))
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(12)
  await until(async () => (await readers()) === 0, 'the readers to be deleted')
})

it('gives each watcher every event once, whenever it begins', async () => {
  const total = 2_000
  const publishing = (async () => {
    for (let from = 0; from < total; from += 20) {
      await Promise.all(upTo(20).map((n) => publish('r-busy', from + n)))
    }
  })()
  const watched: Promise<unknown[]>[] = []
  for (let n = 0; n < 20; n++) {
    watched.push(numbers(n % 2 === 0 ? alice : test.bus, 'r-busy', total))
    await publish('r-other', n)
  }
  await publishing
  const [first, ...others] = await Promise.all(watched)
  expect(first?.toSorted((a, b) => Number(a) - Number(b))).toEqual(upTo(total))
  for (const other of others) expect(other).toEqual(first)
})

it('gives a slow watcher the events that it missed', async () => {
  const total = 3_000
  await publish('r-slow', 0)
  const watching = watchEvents(alice, 'r-slow')
  const [first] = await take({ [Symbol.asyncIterator]: () => ({ next: () => watching.next() }) }, 1)
  expect(first?.event.data).toEqual({ number: 0 })
  // It waits for new events now.
  const second = watching.next()
  for (let from = 1; from < total; from += 100) {
    for (const n of upTo(100)) if (from + n < total) await publish('r-slow', from + n)
  }
  expect((await second).value?.event.data).toEqual({ number: 1 })
  const rest = (await take(watching, total - 2)).map(({ event }) => event.data)
  expect(rest).toEqual(upTo(total - 2).map((n) => ({ number: n + 2 })))
})

it('ends when it is aborted, also while the server is away, and misses nothing after a restart', async () => {
  await using other = await startTestBus()
  const stop = new AbortController()
  const idle = take(watchEvents(other.bus, 'r-idle', { signal: stop.signal }), 1)
  const watched = numbers(other.bus, 'r1', 2)
  await until(
    async () => (await other.bus.jsm.streams.info(STREAMS.event)).state.consumer_count === 1,
    'one reader for both',
  )
  process.kill(other.server.pid, 'SIGKILL')
  await other.server.exited
  stop.abort()
  expect(await idle).toEqual([])
  const late = new AbortController()
  const never = take(watchEvents(other.bus, 'r-late', { signal: late.signal }), 1)
  late.abort()
  expect(await never).toEqual([])
  const { dataDir, url } = other.server
  const again = await startNatsServer({ dataDir, port: Number(new URL(url).port) })
  try {
    // Over another connection, because the one that watches takes longer to come back.
    const bus = await other.connect('coordinator')
    await publish('r1', 0, { bus })
    await publish('r1', 1, { bus })
    expect(await watched).toEqual([0, 1])
  } finally {
    await other.bus.close()
    await again.stop()
  }
})
