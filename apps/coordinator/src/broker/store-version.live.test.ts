import { BUCKETS, connectBus, prepareStreams, putEntry, readEntry } from '@bailiwick/bus'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { expect, it } from 'vitest'
import { markStore, refuseNewerStore, STORE_VERSION } from './store-version.ts'

it('marks a new store, accepts it again, and refuses one that a newer version wrote', async () => {
  await using server = await startTestServer()
  const { creds } = await server.credentials({ name: 'coordinator' })
  await using bus = await connectBus({ url: server.url, creds, name: 'test' })
  await refuseNewerStore(bus)
  await prepareStreams(bus)
  await markStore(bus, '0.1.0')
  await refuseNewerStore(bus)
  const stored = () => readEntry(bus, BUCKETS.coordinators, 'store', (value) => value)
  const { revision } = await stored()
  await markStore(bus, '0.2.0')
  expect(await stored()).toEqual({ value: { v: STORE_VERSION, bailiwick: '0.1.0' }, revision })

  await putEntry(bus, BUCKETS.coordinators, 'store', { v: STORE_VERSION + 1, bailiwick: '9.9.9' })
  await expect(refuseNewerStore(bus)).rejects.toThrow(
    `Expected a store of version ${STORE_VERSION} or older, found version ${STORE_VERSION + 1}, which Bailiwick 9.9.9 wrote.`,
  )
})
