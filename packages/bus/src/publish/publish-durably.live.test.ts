import { startExternalServer } from '@bailiwick/nats-server/testing'
import { expect, it } from 'vitest'
import { connectBus } from '../connect/connect-bus.ts'
import { prepareStreams } from '../streams/prepare-streams.ts'
import { publishDurably } from './publish-durably.ts'

const SUBJECT = 'bailiwick.v1.journal.a.r1.r1-t1'

it('waits for a stream that has nobody who leads it, and says at last that there is none', async () => {
  await using server = await startExternalServer()
  await using bus = await connectBus({ url: server.url, name: 'writer' })
  const early = publishDurably(bus, SUBJECT, 'early')
  await prepareStreams(bus)
  expect(await early).toMatchObject({ stream: 'JOURNAL', seq: 1 })
  await expect(publishDurably(bus, 'bailiwick.v1.nothing', 'x')).rejects.toMatchObject({
    code: 'bus-unprepared',
    message: expect.stringContaining('No stream has the subject bailiwick.v1.nothing'),
  })
}, 30_000)
