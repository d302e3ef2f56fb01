import { setTimeout as sleep } from 'node:timers/promises'
import { type JournalRecord, NO_USAGE } from '@bailiwick/contract'
import { nanos } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import { parseCheckpoint } from '../src/event/checkpoint.ts'
import {
  BUCKETS,
  type Bus,
  connectBus,
  encodeJournalMessage,
  openJournal,
  type ProjectOptions,
  prepareStreams,
  projectJournal,
  putEntry,
  readEntry,
  STREAMS,
  SUBJECTS,
} from '../src/index.ts'
import { persist } from '../src/publish/persist.ts'
import { restartServer, zeroLastBlock } from './damage-store.ts'
import { planned, startTestBus, type TestBus, until } from './test-bus.ts'

/** A projection that can be stopped in order, or killed: then its connection closes at once. */
interface Projecting {
  readonly bus: Bus
  readonly done: Promise<void>
  stop(): Promise<void>
  kill(): Promise<void>
}

async function project(test: TestBus, options: ProjectOptions = {}): Promise<Projecting> {
  const bus = await test.connect('coordinator')
  const ended = new AbortController()
  const done = projectJournal(bus, ended.signal, options)
  done.catch(() => {})
  return {
    bus,
    done,
    async stop() {
      ended.abort()
      await done
    },
    async kill() {
      await bus.close()
      await done.catch(() => {})
    },
  }
}

/** Appends to journals without a fence, many at the same time. Each append makes `events` events. */
async function fill(bus: Bus, run: string, appends: number, events = 2): Promise<void> {
  const records = Array.from({ length: events }, (_, n) => planned(`${run} ${n}`, n + 1))
  for (let left = appends; left > 0; left -= 500) {
    const some = Array.from({ length: Math.min(left, 500) }, () =>
      bus.js.publish(SUBJECTS.journal('a', run, 't'), encodeJournalMessage(records)),
    )
    await Promise.all(some)
  }
}

/** The ids of all stored events, in order. */
async function storedIds(bus: Bus, run = '*'): Promise<string[]> {
  const ids: string[] = []
  const consumer = await bus.js.consumers.get(STREAMS.event, {
    filter_subjects: [SUBJECTS.event('*', '*', '*', run)],
  })
  const { num_pending } = await consumer.info()
  if (num_pending === 0) return ids
  for await (const message of await consumer.consume()) {
    ids.push(message.headers?.get('Nats-Msg-Id') ?? '')
    if (message.info.pending === 0) break
  }
  return ids
}

const eventCount = (bus: Bus) =>
  persist(bus, 'counting events', undefined, async () => {
    const { state } = await bus.jsm.streams.info(STREAMS.event)
    return state.messages
  })
const checkpoint = async (bus: Bus) =>
  (await readEntry(bus, BUCKETS.coordinators, 'projector', parseCheckpoint)).value

const byId = (a: string, b: string) => {
  const [one, two] = [a, b].map((id) => id.split('.').map(Number))
  return (one?.[0] ?? 0) - (two?.[0] ?? 0) || (one?.[1] ?? 0) - (two?.[1] ?? 0)
}

describe('the coordinator that publishes events', () => {
  it('is replaced at once if it shuts down, and after ten seconds if it dies', async () => {
    await using test = await startTestBus()
    const holding: string[] = []
    const notes: string[] = []
    const start = (coordinator: string) =>
      project(test, {
        coordinator,
        onHolding: (is) => holding.push(`${coordinator} ${is ? 'begins' : 'stops'}`),
        note: (line) => notes.push(line),
      })
    const first = await start('c-1')
    await until(() => holding.length === 1, 'the first')
    const second = await start('c-2')
    await until(() => notes.length > 0, 'the second to say that it waits')
    expect(notes).toEqual(['Coordinator c-1 publishes the events. This one takes over when that one stops.'])
    await first.stop()
    const stopped = performance.now()
    await until(() => holding.length === 3, 'the second to take over')
    // It looks once a second.
    expect(performance.now() - stopped).toBeLessThan(8_000)
    const third = await start('c-3')
    await until(() => notes.length > 1, 'the third to wait')
    await second.kill()
    const killed = performance.now()
    await until(() => holding.at(-1) === 'c-3 begins', 'the third to take over')
    expect(performance.now() - killed).toBeGreaterThan(6_000)
    expect(holding).toEqual(['c-1 begins', 'c-1 stops', 'c-2 begins', 'c-2 stops', 'c-3 begins'])
    // The next process of the same coordinator need not wait.
    await third.kill()
    const again = await start('c-3')
    await until(() => holding.at(-1) === 'c-3 begins', 'the next process')
    await again.stop()
    expect((await checkpoint(test.bus))?.coordinator).toBeUndefined()
  })

  it('stops at once if another one takes the lease from it', async () => {
    await using test = await startTestBus()
    const holding: boolean[] = []
    const one = await project(test, { coordinator: 'c-1', onHolding: (is) => holding.push(is) })
    await until(() => holding.length === 1, 'the lease')
    const other = { v: 1, coordinator: 'c-2', holder: 'x', at: Date.now(), position: 0, eventSequence: 0 }
    await putEntry(test.bus, BUCKETS.coordinators, 'projector', other)
    await until(() => holding.length === 2, 'the first to stop')
    await fill(test.bus, 'r1', 1)
    await sleep(1_500)
    expect(await eventCount(test.bus)).toBe(0)
    // Nobody renews the other lease.
    await until(async () => (await eventCount(test.bus)) === 2, 'the first to take the lease again')
    await one.stop()
  })

  it('keeps the lease if a user has the server store a reply in its place', async () => {
    await using test = await startTestBus()
    const holding: boolean[] = []
    const one = await project(test, { coordinator: 'c-1', onHolding: (is) => holding.push(is) })
    await until(() => holding.length === 1, 'the lease')
    const stored = () => readEntry(test.bus, BUCKETS.coordinators, 'projector', parseCheckpoint)
    for (let n = 0; n < 3; n += 1) {
      const { revision } = await stored()
      test.bus.connection.publish('$JS.API.INFO', '', { reply: `$KV.${BUCKETS.coordinators}.projector` })
      // The reply is one message, and the restored lease another.
      await until(async () => {
        const { revision: now, value } = await stored()
        return now >= revision + 2 && value?.coordinator === 'c-1'
      }, 'the lease to be restored')
    }
    expect(holding).toEqual([true])
    await one.stop()
  })
})

describe('events', () => {
  it('are stored once and in order, however often their coordinator dies', async () => {
    await using test = await startTestBus()
    // Duplicates are recognized by the server only for a short time.
    const { config } = await test.bus.jsm.streams.info(STREAMS.event)
    await test.bus.jsm.streams.update(STREAMS.event, { ...config, duplicate_window: nanos(100) })
    const runs = ['large', 'r1', 'r2', 'r3']
    const filling = (async () => {
      await fill(test.bus, 'large', 3_000)
      for (let n = 0; n < 100; n += 1) for (const run of runs) await fill(test.bus, run, 2)
    })()
    for (let n = 0; n < 6; n += 1) {
      const before = await eventCount(test.bus)
      const one = await project(test, { coordinator: 'c-1' })
      await until(async () => (await eventCount(test.bus)) > before + 300, 'some events')
      await one.kill()
      await sleep(150)
    }
    await filling
    const total = 2 * (3_000 + 100 * 2 * runs.length)
    const last = await project(test, { coordinator: 'c-1' })
    await until(async () => (await eventCount(test.bus)) >= total, 'the last event')
    await last.stop()
    for (const run of runs) {
      const ids = await storedIds(test.bus, run)
      expect(ids).toEqual([...new Set(ids)].sort(byId))
    }
    expect(await eventCount(test.bus)).toBe(total)
    expect(await checkpoint(test.bus)).toMatchObject({ position: total / 2, eventSequence: total })
  })

  it('of a run are not delayed by another run, however many events that one has', async () => {
    await using test = await startTestBus()
    const EVENTS = 20_000
    await fill(test.bus, 'large', EVENTS / 2)
    const one = await project(test)
    const before: number[] = []
    for (let n = 0; n < 20; n += 1) {
      await openJournal(test.bus, { writer: 'b', run: `small${n}`, task: 't' }).append([planned('x')])
      before.push(await eventCount(test.bus))
      await until(
        async () => (await storedIds(test.bus, `small${n}`)).length === 1,
        'the event of a small run',
      )
    }
    await until(async () => (await eventCount(test.bus)) === EVENTS + 20, 'all events')
    await one.stop()
    // Counted in events of the large run that came first, because the machine may be busy.
    const overtaken: number[] = []
    for (let n = 0; n < 20; n += 1) {
      const last_by_subj = SUBJECTS.event('task', 'planned', '*', `small${n}`)
      const event = await test.bus.jsm.streams.getMessage(STREAMS.event, { last_by_subj })
      overtaken.push((event?.seq ?? Infinity) - (before[n] ?? 0))
    }
    expect(Math.max(...overtaken)).toBeLessThan(EVENTS / 4)
    expect(overtaken.toSorted((a, b) => a - b)[10]).toBeLessThan(EVENTS / 16)
    const ids = await storedIds(test.bus, 'large')
    expect(ids).toEqual(ids.toSorted(byId))
  })

  it('are the same if only few messages have room in memory', async () => {
    await using test = await startTestBus()
    await fill(test.bus, 'large', 3_000, 1)
    const one = await project(test, { maxWaitingBytes: 10_000 })
    await until(async () => (await eventCount(test.bus)) === 3_000, 'all events')
    await fill(test.bus, 'small', 3, 1)
    await until(async () => (await eventCount(test.bus)) === 3_003, 'the last events')
    await one.stop()
    const ids = await storedIds(test.bus)
    expect(ids).toEqual(Array.from({ length: 3_003 }, (_, n) => `${n + 1}.0`))
  })

  it('that are larger than a message are left out, and the operator learns which', async () => {
    await using test = await startTestBus()
    const notes: string[] = []
    const one = await project(test, { note: (line) => notes.push(line) })
    const artifact = { writer: 'a', key: 'k', mediaType: 'text/plain', size: 1, sha256: '0'.repeat(64) }
    const artifacts = Array.from({ length: 8_000 }, (_, n) => ({ ...artifact, name: `file-${n}.txt` }))
    const large: JournalRecord = {
      type: 'task.ended',
      at: 1,
      status: 'completed',
      usage: NO_USAGE,
      artifacts,
    }
    await openJournal(test.bus, { writer: 'a', run: 'r1', task: 't' }).append([large, planned('next')])
    await until(async () => (await eventCount(test.bus)) === 1, 'the other event')
    expect(notes).toEqual([
      expect.stringMatching(/^Event \d+\.0 is left out\. Expected at most 1048576 bytes/),
    ])
    await one.stop()
  })

  it('continue after the last one if an earlier version has published them', async () => {
    await using test = await startTestBus()
    await fill(test.bus, 'r1', 30)
    const old = await project(test)
    await until(async () => (await eventCount(test.bus)) === 60, 'the events')
    await old.stop()
    // Without a checkpoint, and long after the ids were forgotten.
    await test.bus.jsm.streams.purge(`KV_${BUCKETS.coordinators}`)
    await test.bus.jsm.streams.delete(`KV_${BUCKETS.coordinators}`)
    const { config } = await test.bus.jsm.streams.info(STREAMS.event)
    await test.bus.jsm.streams.update(STREAMS.event, { ...config, duplicate_window: nanos(100) })
    await sleep(150)
    await prepareStreams(test.bus)
    await test.bus.jsm.streams.update(STREAMS.event, { ...config, duplicate_window: nanos(100) })
    await fill(test.bus, 'r1', 30)
    const next = await project(test)
    await until(async () => (await eventCount(test.bus)) >= 120, 'the new events')
    await next.stop()
    expect(new Set(await storedIds(test.bus)).size).toBe(120)
    expect(await eventCount(test.bus)).toBe(120)
  })
})

describe('the checkpoint', () => {
  it('goes no further than what the coordinator has stored', async () => {
    await using test = await startTestBus()
    let stored = 3
    const one = await project(test, { stored: async () => stored })
    await fill(test.bus, 'r1', 10, 1)
    await until(async () => (await checkpoint(test.bus))?.position === 3, 'the checkpoint')
    expect(await eventCount(test.bus)).toBe(10)
    stored = 10
    await until(async () => (await checkpoint(test.bus))?.position === 10, 'the next checkpoint')
    await one.stop()
  })

  it('is renewed while the coordinator stores, and fails with it', async () => {
    await using test = await startTestBus()
    const storing = Promise.withResolvers<number>()
    const one = await project(test, { coordinator: 'c-1', stored: () => storing.promise })
    await fill(test.bus, 'r1', 10, 1)
    const at = await until(async () => (await checkpoint(test.bus))?.at, 'the lease')
    await until(async () => ((await checkpoint(test.bus))?.at ?? 0) > at + 2_500, 'renewals')
    expect((await checkpoint(test.bus))?.position).toBe(0)
    storing.reject(new Error('no bucket'))
    await expect(one.done).rejects.toThrow('no bucket')
  })
})

describe('a JOURNAL that lost its end', () => {
  /** Appends `count` messages to a run, each in a journal of its own. */
  const append = async (bus: Bus, run: string, count: number) => {
    for (let n = 1; n <= count; n += 1) {
      await openJournal(bus, { writer: 'a', run, task: `${run}-t${n}` }).append([planned('x')])
    }
  }

  it.each([
    ['while the coordinator runs', 0],
    ['while the coordinator runs, and fewer messages came before it noticed', 5],
    ['while the coordinator runs, and more messages came before it noticed', 25],
  ])('is reported once, and later events are published: %s', async (_, before) => {
    await using test = await startTestBus()
    await using stack = new AsyncDisposableStack()
    const notes: string[] = []
    const gaps: object[] = []
    const start = () =>
      project(test, { coordinator: 'c-1', note: (line) => notes.push(line), onLost: (gap) => gaps.push(gap) })
    const one = await start()
    await append(test.bus, 'old', 20)
    await until(async () => (await checkpoint(test.bus))?.position === 20, 'the events')
    await zeroLastBlock(test.server, STREAMS.journal)
    if (before > 0) {
      const elsewhere = await restartServer(test.server, 0)
      const { creds } = await elsewhere.credentials({ name: 'host' })
      await using host = await connectBus({ url: elsewhere.url, creds, name: 'host' })
      await append(host, 'new', before)
      await elsewhere.stop()
    }
    const again = await restartServer(test.server)
    stack.defer(() => again.stop())
    await until(() => gaps.length > 0, 'the report')
    expect(gaps).toEqual([{ from: 1, to: 20 }])
    expect(notes).toEqual([expect.stringContaining('JOURNAL lost messages 1 to 20: the server')])
    await append(test.bus, 'newer', 3)
    await until(async () => (await eventCount(test.bus)) === 20 + before + 3, 'the new events')
    const fresh = await storedIds(test.bus, 'newer')
    expect(fresh).toEqual([1, 2, 3].map((n) => `${before + n}.0.1`))
    expect(new Set(await storedIds(test.bus)).size).toBe(20 + before + 3)
    // The next process knows.
    await one.stop()
    const next = await start()
    await append(test.bus, 'newest', 1)
    await until(async () => (await storedIds(test.bus, 'newest')).length === 1, 'the newest event')
    expect(await storedIds(test.bus, 'newest')).toEqual([`${before + 4}.0.1`])
    expect(gaps).toHaveLength(1)
    await next.stop()
  })

  it('is reported by the next coordinator if this one died with the server', async () => {
    await using test = await startTestBus()
    await using stack = new AsyncDisposableStack()
    const one = await project(test, { coordinator: 'c-1' })
    await append(test.bus, 'old', 20)
    await until(async () => (await checkpoint(test.bus))?.position === 20, 'the events')
    await one.kill()
    // The event of a message that is in no checkpoint.
    await append(test.bus, 'old', 1).catch(() => {})
    await zeroLastBlock(test.server, STREAMS.journal)
    const again = await restartServer(test.server)
    stack.defer(() => again.stop())
    const gaps: object[] = []
    await until(() => test.bus.link.up, 'the connection')
    const next = await project(test, { coordinator: 'c-1', onLost: (gap) => gaps.push(gap) })
    await append(test.bus, 'new', 2)
    await until(async () => (await storedIds(test.bus, 'new')).length === 2, 'the new events')
    expect(await storedIds(test.bus, 'new')).toEqual(['1.0.1', '2.0.1'])
    expect(gaps).toEqual([{ from: 1, to: 20 }])
    await next.stop()
  })

  it('has its events published again if EVENT lost them', async () => {
    await using test = await startTestBus()
    await using stack = new AsyncDisposableStack()
    const notes: string[] = []
    const one = await project(test, { coordinator: 'c-1', note: (line) => notes.push(line) })
    await append(test.bus, 'r1', 20)
    await until(async () => (await checkpoint(test.bus))?.position === 20, 'the events')
    await zeroLastBlock(test.server, STREAMS.event)
    const again = await restartServer(test.server)
    stack.defer(() => again.stop())
    await until(async () => (await eventCount(test.bus)) === 20, 'the events to be back')
    expect(notes).toEqual([expect.stringContaining('EVENT lost some of its events.')])
    await append(test.bus, 'r2', 1)
    await until(async () => (await eventCount(test.bus)) === 21, 'the next event')
    expect(await storedIds(test.bus)).toEqual(Array.from({ length: 21 }, (_, n) => `${n + 1}.0`))
    await one.stop()
  })
})
