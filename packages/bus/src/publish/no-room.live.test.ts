import { startTestServer, type TestServer } from '@bailiwick/nats-server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bus } from '../connect/bus.ts'
import { connectBus } from '../connect/connect-bus.ts'
import { openJournal } from '../journal/open-journal.ts'
import { prepareStreams } from '../streams/prepare-streams.ts'
import { publishDurably } from './publish-durably.ts'

let server: TestServer
let bus: Bus
beforeAll(async () => {
  server = await startTestServer({ limits: { maxStore: 3_000_000 } })
  const { creds } = await server.credentials({ name: 'coordinator' })
  bus = await connectBus({ url: server.url, creds, name: 'test' })
})
afterAll(async () => {
  await bus.close()
  await server.stop()
})

/** Publishes until the server accepts no more. */
async function fill(subject: string): Promise<void> {
  for (;;) {
    try {
      await bus.js.publish(subject, 'x'.repeat(500_000))
    } catch {
      return
    }
  }
}

describe('a server that has no room', () => {
  it('makes publishers wait, and says so once however many there are', async () => {
    await bus.jsm.streams.add({ name: 'A', subjects: ['a'] })
    await fill('a')
    const [said, over]: [string[], string[]] = [[], []]
    const waiting = Promise.withResolvers<void>()
    bus.waits.onWait((what) => {
      said.push(what)
      waiting.resolve()
    })
    bus.waits.onOver((what) => over.push(what))
    const published = Promise.all([1, 2, 3].map((n) => publishDurably(bus, 'a', `${n}`)))
    await waiting.promise
    const sentence = 'Waiting until the NATS server has room to store data (insufficient resources).'
    expect(bus.waits.current).toEqual([sentence])
    await bus.jsm.streams.delete('A')
    await bus.jsm.streams.add({ name: 'A', subjects: ['a'] })
    expect(await published).toHaveLength(3)
    expect(said).toEqual([sentence])
    await bus.jsm.streams.delete('A')
  })

  const journal = (task: string) => openJournal(bus, { writer: 'coordinator', run: 'r1', task })
  const canceled = (reason: string) => ({ type: 'run.cancel-requested', at: 1, by: 'user', reason }) as const

  it('refuses new runs at once, and lets what has begun wait', async () => {
    await prepareStreams(bus)
    const begun = journal('run')
    await begun.append([canceled('begun')])
    await bus.jsm.streams.add({ name: 'A', subjects: ['a'] })
    await fill('a')
    await expect(
      openJournal(bus, { writer: 'coordinator', run: 'r2', task: 'run' }).append([canceled('new')]),
    ).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining('found none: insufficient resources. Free some space'),
    })
    const appended = [begun, journal('t1')].map((one) => one.append([canceled('more')]))
    expect(await Promise.race([...appended, new Promise((done) => setTimeout(done, 500, 'waits'))])).toBe(
      'waits',
    )
    await bus.jsm.streams.delete('A')
    await Promise.all(appended)
  })

  it('does the same if only the stream of journals has reached its limit', async () => {
    await prepareStreams(bus, { journalMaxBytes: 100_000 })
    const begun = journal('t2')
    await begun.append([canceled('x'.repeat(60_000))])
    await expect(
      openJournal(bus, { writer: 'coordinator', run: 'r3', task: 'run' }).append([
        canceled('x'.repeat(60_000)),
      ]),
    ).rejects.toMatchObject({ code: 'disk-full', message: expect.stringContaining('maximum bytes exceeded') })
    const appended = begun.append([canceled('x'.repeat(60_000))])
    expect(await Promise.race([appended, new Promise((done) => setTimeout(done, 500, 'waits'))])).toBe(
      'waits',
    )
    await prepareStreams(bus, { journalMaxBytes: 1_000_000 })
    await appended
  })
})
