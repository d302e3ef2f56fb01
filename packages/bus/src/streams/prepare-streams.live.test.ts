import { StoreCompression, type StreamConfig } from '@nats-io/jetstream'
import { nanos } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { created, planned, startTestBus, type TestBus, until } from '../../test/test-bus.ts'
import { openJournal } from '../journal/open-journal.ts'
import { publishLive } from '../live/live.ts'
import { BUCKETS, kvStream, STREAMS } from '../protocol/places.ts'
import { SUBJECTS } from '../protocol/subjects.ts'
import { prepareStreams } from './prepare-streams.ts'
import { type StreamLimits, streamLimitsSchema } from './stream-limits.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

/** For each limit, a value that is no default, and the settings that it changes. */
const SETS: Record<Exclude<keyof StreamLimits, 'replicas'>, [number, ...[string, keyof StreamConfig][]]> = {
  journalMaxAgeMs: [60_000, [STREAMS.journal, 'max_age'], [STREAMS.records, 'max_age']],
  journalMaxBytes: [50_000_000, [STREAMS.journal, 'max_bytes'], [STREAMS.records, 'max_bytes']],
  eventMaxAgeMs: [61_000, [STREAMS.event, 'max_age']],
  eventMaxBytes: [40_000_000, [STREAMS.event, 'max_bytes']],
  maxQueued: [77, [STREAMS.task, 'max_msgs']],
  deadMaxAgeMs: [62_000, [STREAMS.dead, 'max_age']],
  artifactMaxAgeMs: [63_000, [STREAMS.files, 'max_age']],
  artifactMaxBytes: [30_000_000, [STREAMS.files, 'max_bytes']],
  presenceMs: [7_000, [kvStream(BUCKETS.agents), 'max_age']],
}

describe('the limits of the streams', () => {
  it('are all known to the configuration, and change existing streams', async () => {
    expect([...Object.keys(SETS), 'replicas'].sort()).toEqual(
      Object.keys(streamLimitsSchema.unwrap().shape).sort(),
    )
    for (const [name, [value, ...places]] of Object.entries(SETS)) {
      await prepareStreams(test.bus, { [name]: value })
      for (const [stream, field] of places) {
        const { config } = await test.bus.jsm.streams.info(stream)
        expect(config[field], `${name} of ${stream}`).toBe(name.endsWith('Ms') ? nanos(value) : value)
      }
    }
  })

  it('take the maximum age from journals and files of an older version', async () => {
    await prepareStreams(test.bus, { journalMaxAgeMs: 60_000, artifactMaxAgeMs: 60_000 })
    await prepareStreams(test.bus)
    for (const stream of [STREAMS.journal, STREAMS.records, STREAMS.files]) {
      expect((await test.bus.jsm.streams.info(stream)).config.max_age, stream).toBe(0)
    }
  })

  it('are rejected with their name if they are invalid', async () => {
    await expect(prepareStreams(test.bus, { maxQueued: 0 })).rejects.toThrow('maxQueued')
    await expect(prepareStreams(test.bus, { replicas: 3 })).rejects.toThrow(/replicas/)
  })

  it('drop a journal that reaches its maximum age', async () => {
    await prepareStreams(test.bus, { journalMaxAgeMs: 1_000 })
    const address = { writer: 'analyst', run: 'old', task: 'old-t1' }
    await openJournal(test.bus, address).append([
      created({ run: 'old', task: 'old-t1', agent: 'analyst' }),
      planned('x'),
    ])
    const kept = async () => {
      let records = 0
      for await (const _record of openJournal(test.bus, address).read()) records += 1
      return records
    }
    await until(async () => (await kept()) === 0, 'the old journal to be dropped')
    await prepareStreams(test.bus)
  })
})

describe('the stream of events', () => {
  it('is compressed, also if an earlier version has created it', async () => {
    await using old = await startTestBus()
    const plain = (await old.bus.jsm.streams.info(STREAMS.event)).config
    await old.bus.jsm.streams.delete(STREAMS.event)
    await old.bus.jsm.streams.add({
      ...plain,
      compression: StoreCompression.None,
      max_msgs_per_subject: -1,
    })
    await prepareStreams(old.bus)
    const { config } = await old.bus.jsm.streams.info(STREAMS.event)
    expect(config).toMatchObject({ compression: 's2', max_msgs_per_subject: 1_000_000_000 })
  })
})

describe('live text', () => {
  it('is not stored', async () => {
    const stored = async () => {
      let messages = 0
      for await (const { state } of test.bus.jsm.streams.list()) messages += state.messages
      return messages
    }
    await expect(test.bus.jsm.streams.find(SUBJECTS.live('user', 'analyst', 'r1', 'r1-t1'))).rejects.toThrow()
    const before = await stored()
    const from = { agent: 'analyst', run: 'r1', task: 'r1-t1' }
    publishLive(
      test.bus,
      { owner: 'user', ...from },
      { type: 'print', ...from, level: 5, step: 1, line: 'a line' },
    )
    await test.bus.connection.flush()
    expect(await stored()).toBe(before)
  })
})
