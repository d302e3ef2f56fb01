import { expect, it } from 'vitest'
import { connectBus } from '../src/connect/connect-bus.ts'
import { publishEvent } from '../src/event/publish-event.ts'
import { watchEvents } from '../src/event/watch-events.ts'
import { eventType } from '../src/protocol/cloud-event.ts'
import { SUBJECTS } from '../src/protocol/subjects.ts'
import { followStream, type Gap } from '../src/streams/follow-stream.ts'
import { restartServer, zeroLastBlock } from './damage-store.ts'
import { startTestBus, take, until } from './test-bus.ts'

const SUBJECT = SUBJECTS.journal('a', 'r1', 't')
const SOURCE = { stream: 'JOURNAL', subject: SUBJECT, from: 1 }

/** A server, a follower of its stream, and the stream's loss of all 20 messages. */
async function openBed() {
  const stack = new AsyncDisposableStack()
  const test = stack.use(await startTestBus())
  const seen: string[] = []
  const gaps: Gap[] = []
  const stop = new AbortController()
  for (let n = 1; n <= 20; n++) await test.bus.js.publish(SUBJECT, `old ${n}`)
  const following = (async () => {
    for await (const message of followStream(test.bus, SOURCE, stop.signal, undefined, (gap) =>
      gaps.push(gap),
    ))
      seen.push(message.string())
  })()
  stack.defer(async () => {
    stop.abort()
    await following
  })
  await until(() => seen.length === 20, 'the old messages')
  seen.length = 0
  return { test, seen, gaps, stack, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

it('a follower continues with the first new message after the stream has lost its end', async () => {
  await using bed = await openBed()
  await zeroLastBlock(bed.test.server, 'JOURNAL')
  const again = await restartServer(bed.test.server)
  bed.stack.defer(() => again.stop())
  await until(() => bed.gaps.length > 0, 'the gap to be noticed')
  expect(bed.gaps).toEqual([{ from: 1, to: 20 }])
  expect(await bed.test.bus.js.publish(SUBJECT, 'new')).toMatchObject({ seq: 1 })
  await until(() => bed.seen.length > 0, 'the new message')
  expect(bed.seen).toEqual(['new'])
})

it.each([5, 25])(
  'a follower gets all of %i messages that took lost sequences before it is back',
  async (count) => {
    await using bed = await openBed()
    const { server } = bed.test
    await zeroLastBlock(server, 'JOURNAL')
    {
      const elsewhere = await restartServer(server, 0)
      const { creds } = await elsewhere.credentials({ name: 'host' })
      await using other = await connectBus({ url: elsewhere.url, creds, name: 'host' })
      for (let n = 1; n <= count; n++) await other.js.publish(SUBJECT, `new ${n}`)
      await elsewhere.stop()
    }
    const again = await restartServer(server)
    bed.stack.defer(() => again.stop())
    await until(() => bed.seen.length === count, 'the new messages')
    expect(bed.seen).toEqual(Array.from({ length: count }, (_, n) => `new ${n + 1}`))
    expect(bed.gaps).toEqual([{ from: 1, to: 20 }])
  },
)

it('a follower that begins beyond the end of the stream begins at the end', async () => {
  await using test = await startTestBus()
  await test.bus.js.publish(SUBJECT, 'old')
  const gaps: Gap[] = []
  const source = { ...SOURCE, from: 10 }
  const following = take(
    followStream(test.bus, source, undefined, undefined, (gap) => gaps.push(gap)),
    1,
  )
  await until(() => gaps.length > 0, 'the gap to be noticed')
  await test.bus.js.publish(SUBJECT, 'new')
  expect((await following).map((message) => message.string())).toEqual(['new'])
  expect(gaps).toEqual([{ from: 2, to: 9 }])
})

it('a watcher of a run gets the events that took lost sequences', async () => {
  await using test = await startTestBus()
  const publish = (id: string) =>
    publishEvent(test.bus, {
      specversion: '1.0',
      id,
      source: '/bailiwick/coordinator',
      type: eventType('run.submitted'),
      subject: 'r1/run',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      owner: 'user',
      run: 'r1',
      task: 'run',
      agent: 'coordinator',
      data: {},
    })
  for (let n = 1; n <= 20; n++) await publish(`old ${n}`)
  const seen: string[] = []
  const stop = new AbortController()
  const watching = (async () => {
    for await (const { event } of watchEvents(test.bus, 'r1', { signal: stop.signal })) seen.push(event.id)
  })()
  await until(() => seen.length === 20, 'the old events')
  await zeroLastBlock(test.server, 'EVENT')
  await using again = await restartServer(test.server)
  await publish('new')
  await until(() => seen.length > 20, 'the new event')
  expect(seen.slice(20)).toEqual(['new'])
  stop.abort()
  await watching
  await again.stop()
})
