import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestBus, type TestBus, take, until } from '../../test/test-bus.ts'
import { followEvents } from '../event/follow-events.ts'
import { BUCKETS, kvStream, STREAMS } from '../protocol/places.ts'
import { listAgents } from '../registry/watch-agents.ts'

let test: TestBus
beforeAll(async () => {
  test = await startTestBus()
})
afterAll(() => test[Symbol.asyncDispose]())

const readersOf = async (stream: string) => (await test.bus.jsm.streams.info(stream)).state.consumer_count

it('leaves no reader on the server, whether it was aborted or left', async () => {
  const stream = kvStream(BUCKETS.agents)
  const before = await readersOf(stream)
  for (let n = 0; n < 5; n += 1) await listAgents(test.bus)
  await until(async () => (await readersOf(stream)) === before, 'the readers of the registry to go')

  const stop = new AbortController()
  const following = take(followEvents(test.bus, { signal: stop.signal }), 1)
  await until(async () => (await readersOf(STREAMS.event)) === 1, 'a reader of events')
  stop.abort()
  expect(await following).toEqual([])
  await until(async () => (await readersOf(STREAMS.event)) === 0, 'the reader of events to go')
})
