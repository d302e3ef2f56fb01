import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, startTestBus, type TestBus, until } from '../../test/test-bus.ts'
import { BUCKETS } from '../protocol/places.ts'
import { deleteEntry, putEntry, readEntry } from './entry.ts'
import { purgeEntry, readEntries } from './read-entries.ts'
import { watchBucket } from './watch-bucket.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

const bucket = BUCKETS.runs
const parse = (value: unknown) => (typeof value === 'number' ? value : undefined)
const read = (key: string) => readEntry(test.bus, bucket, key, parse)

describe('an entry of a bucket', () => {
  it('is stored, replaced and deleted', async () => {
    expect(await read('a')).toEqual({ value: undefined, revision: 0 })
    const first = await putEntry(test.bus, bucket, 'a', 1)
    expect(await read('a')).toEqual({ value: 1, revision: first })
    const second = await putEntry(test.bus, bucket, 'a', 2)
    expect(await read('a')).toEqual({ value: 2, revision: second })
    const marker = await deleteEntry(test.bus, bucket, 'a')
    expect(await read('a')).toEqual({ value: undefined, revision: marker })
    await purgeEntry(test.bus, bucket, 'a')
    expect(await read('a')).toEqual({ value: undefined, revision: 0 })
  })

  it('is not replaced or deleted if it does not have the expected revision', async () => {
    const first = await putEntry(test.bus, bucket, 'b', 1, { expect: 0 })
    expect(first).toBeGreaterThan(0)
    expect(await putEntry(test.bus, bucket, 'b', 2, { expect: 0 })).toBeUndefined()
    expect(await deleteEntry(test.bus, bucket, 'b', { expect: Number(first) - 1 })).toBeUndefined()
    expect(await read('b')).toEqual({ value: 1, revision: first })
    const second = await putEntry(test.bus, bucket, 'b', 2, { expect: Number(first) })
    expect(await read('b')).toEqual({ value: 2, revision: second })
  })

  it('goes to one of several writers that expect the same revision', async () => {
    const writers = Array.from({ length: 20 }, (_, n) => putEntry(test.bus, bucket, 'c', n, { expect: 0 }))
    const won = (await Promise.all(writers)).flatMap((revision, n) => (revision === undefined ? [] : [n]))
    expect(won).toEqual([(await read('c')).value])
  })

  it('is the one that was written if its acknowledgement was lost', async () => {
    const { outbox } = test.bus
    const publish = outbox.publish.bind(outbox)
    let lost = 0
    // The first message arrives, but its acknowledgement goes nowhere.
    outbox.publish = (subject, payload, options, failed) => {
      outbox.publish = publish
      lost += 1
      publish(subject, payload, { ...options, reply: '_INBOX.nobody' }, failed)
    }
    const revision = await putEntry(test.bus, bucket, 'd', 1, { expect: 0 })
    expect(lost).toBe(1)
    expect(await read('d')).toEqual({ value: 1, revision })
  })

  it('is skipped if it is not valid', async () => {
    await putEntry(test.bus, bucket, 'e', 'no number')
    const entries = await all(readEntries(test.bus, bucket, parse))
    expect(entries.map(({ key, value }) => [key, value])).toEqual([
      ['b', 2],
      ['c', (await read('c')).value],
      ['d', 1],
    ])
    expect((await read('e')).value).toBeUndefined()
  })

  it('is watched by its key', async () => {
    const ended = new AbortController()
    let seen: string[] = []
    const watching = (async () => {
      const options = { keys: 'presence.*', signal: ended.signal }
      for await (const entries of watchBucket(test.bus, BUCKETS.coordinators, parse, options))
        seen = entries.map(({ key }) => key)
    })()
    await putEntry(test.bus, BUCKETS.coordinators, 'projector', 1)
    await putEntry(test.bus, BUCKETS.coordinators, 'presence.c-1', 1)
    await until(() => seen.length > 0, 'the entry')
    expect(seen).toEqual(['presence.c-1'])
    await deleteEntry(test.bus, BUCKETS.coordinators, 'presence.c-1')
    await until(() => seen.length === 0, 'its end')
    ended.abort()
    await watching
  })
})
