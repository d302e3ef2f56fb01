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

const consumersOf = async (stream: string) => (await test.bus.jsm.streams.info(stream)).state.consumer_count

it('leaves no consumer on the server after it ends or is aborted', async () => {
  const stream = kvStream(BUCKETS.agents)
  const before = await consumersOf(stream)
  for (let n = 0; n < 5; n += 1) await listAgents(test.bus)
  await until(
    async () => (await consumersOf(stream)) === before,
    'the consumers of the registry to be deleted',
  )

  const stop = new AbortController()
  const following = take(followEvents(test.bus, { signal: stop.signal }), 1)
  await until(async () => (await consumersOf(STREAMS.event)) === 1, 'a consumer of events')
  stop.abort()
  expect(await following).toEqual([])
  await until(async () => (await consumersOf(STREAMS.event)) === 0, 'the consumer of events to be deleted')
})
