import { startExternalServer } from '@bailiwick/nats-server/testing'
import { expect, it, vi } from 'vitest'
import { until } from '../../test/test-bus.ts'
import { connectBus } from '../connect/connect-bus.ts'
import { prepareStreams } from '../streams/prepare-streams.ts'
import { publishDurably } from './publish-durably.ts'

const SUBJECT = 'bailiwick.v1.journal.a.r1.r1-t1'

it('waits for a stream without a leader, and fails if there is none for long', async () => {
  await using server = await startExternalServer()
  await using bus = await connectBus({ url: server.url, name: 'writer' })
  const early = publishDurably(bus, SUBJECT, 'early')
  await prepareStreams(bus)
  expect(await early).toMatchObject({ stream: 'JOURNAL', seq: 1 })
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const publish = vi.spyOn(bus.outbox, 'publish')
    const failing = publishDurably(bus, 'bailiwick.v1.nothing', 'x')
    failing.catch(() => {})
    await until(() => publish.mock.calls.length > 1, 'a retry')
    vi.setSystemTime(Date.now() + 60_000)
    await expect(failing).rejects.toMatchObject({
      code: 'bus-unprepared',
      message: expect.stringContaining('No stream has the subject bailiwick.v1.nothing'),
    })
  } finally {
    vi.useRealTimers()
  }
})
