import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import {
  type ExcessReader,
  followExcessReaders,
  openJournal,
  permissionsFor,
  type RoleGrant,
  SUBJECTS,
} from '../src/index.ts'
import { all, planned, startTestBus, type TestBus, until } from './test-bus.ts'

const grant: RoleGrant = { role: 'host', agent: 'analyst', level: 3, tools: [] }

async function intruder(test: TestBus) {
  const user = await test.server.credentials({ name: 'analyst', permissions: permissionsFor(grant) })
  const connection = await connect({
    servers: test.server.url,
    authenticator: credsAuthenticator(Buffer.from(user.creds)),
    inboxPrefix: '_INBOX.analyst',
    reconnect: false,
  })
  const own = SUBJECTS.journal('analyst', 'r1', 'x')
  /** Creates a durable consumer of its own journal. */
  const make = (name: string) => {
    const config = { name, durable_name: name, ack_policy: 'none', filter_subject: own }
    const payload = JSON.stringify({ stream_name: 'JOURNAL', config, action: 'create' })
    return connection.request(`$JS.API.CONSUMER.CREATE.JOURNAL.${name}.${own}`, payload, { timeout: 60_000 })
  }
  return { connection, make, publicKey: user.publicKey }
}

const readers = async (test: TestBus) =>
  (await test.bus.jsm.streams.info('JOURNAL')).state.consumer_count ?? 0

describe('a host that creates thousands of consumers of its own journal', () => {
  it("is found by the server's advisories and cut off, while other users can read", async () => {
    await using test = await startTestBus()
    const journal = openJournal(test.bus, { writer: 'writer', run: 'r1', task: 'r1-w' })
    await journal.append([planned('one')])
    const ended = new AbortController()
    const found: ExcessReader[] = []
    const following = (async () => {
      const revoke = async (user: string) => {
        await test.server.revoke(user)
        return true
      }
      for await (const excess of followExcessReaders(test.bus, { limit: 50, revoke }, ended.signal)) {
        found.push(excess)
      }
    })()
    const { connection, make, publicKey } = await intruder(test)
    await test.bus.connection.flush()
    // The limit itself is allowed.
    await Promise.all(Array.from({ length: 50 }, (_, n) => make(`few${n}`)))
    let isCut = false
    connection.closed().then(() => {
      isCut = true
    })
    const victim = await test.connect('writer')
    let reads = 0
    for (let n = 0; !isCut; n++) {
      if (n < 5_000) make(`many${n}`).catch(() => {})
      if (n % 100 !== 0) continue
      expect(
        await all(openJournal(victim, { writer: 'writer', run: 'r1', task: 'r1-w' }).read()),
      ).toHaveLength(1)
      reads++
    }
    await until(() => found.length > 0, 'the user to be reported')
    expect(found).toEqual([{ user: publicKey, name: 'analyst', readers: expect.any(Number) }])
    expect(reads).toBeGreaterThan(0)
    // Also those that the server created while the user was revoked.
    await until(async () => (await readers(test)) < 10, 'its consumers to be deleted')
    expect(found).toHaveLength(1)
    ended.abort()
    await following
  })

  it('cannot get another user cut off with forged advisories', async () => {
    await using test = await startTestBus()
    const ended = new AbortController()
    const found: ExcessReader[] = []
    const revoke = async () => false
    const following = (async () => {
      for await (const excess of followExcessReaders(test.bus, { limit: 2, revoke }, ended.signal))
        found.push(excess)
    })()
    const { connection, make } = await intruder(test)
    await test.bus.connection.flush()
    const heard: string[] = []
    test.bus.connection.subscribe('$JS.EVENT.ADVISORY.API', {
      callback: (_, message) => void heard.push(message.string()),
    })
    await test.bus.connection.flush()
    const response = (n: number) => JSON.stringify({ stream_name: 'JOURNAL', name: `v${n}` })
    for (let n = 0; n < 5; n++) {
      const forged = {
        type: 'io.nats.jetstream.advisory.v1.api_audit',
        client: { user: 'UVICTIM', name_tag: 'writer' },
        subject: '$JS.API.CONSUMER.CREATE.JOURNAL.x',
        response: response(n),
      }
      connection.publish(SUBJECTS.journal('analyst', 'r1', 'x'), JSON.stringify(forged))
    }
    await make('spy')
    connection.publish('$JS.API.CONSUMER.MSG.NEXT.JOURNAL.spy', '5', { reply: '$JS.EVENT.ADVISORY.API' })
    await until(() => heard.filter((text) => text.includes('UVICTIM')).length >= 5, 'the forged messages')
    // Only its own consumers count.
    for (const name of ['a', 'b', 'c']) await make(name)
    await until(() => found.length > 0, 'the user who created them')
    expect(found.map(({ name }) => name)).toEqual(['analyst'])
    ended.abort()
    await following
    await connection.close()
  }, 120_000)
})

describe('a reader of a stream with its maximum of consumers', () => {
  it('waits until there is room', async () => {
    await using test = await startTestBus()
    const journal = openJournal(test.bus, { writer: 'writer', run: 'r1', task: 'r1-w' })
    await journal.append([planned('one')])
    const { connection, make } = await intruder(test)
    await Promise.all(Array.from({ length: 1_010 }, (_, n) => make(`c${n}`)))
    // The account's limit.
    expect(await readers(test)).toBe(1_000)
    let isRead = false
    let refused = false
    test.bus.connection.subscribe('$JS.EVENT.ADVISORY.API', {
      callback: (_, message) => {
        const text = message.string()
        refused ||= text.includes('"name_tag":"writer"') && text.includes('maximum consumers')
      },
    })
    await test.bus.connection.flush()
    const victim = await test.connect('writer')
    const read = all(openJournal(victim, { writer: 'writer', run: 'r1', task: 'r1-w' }).read()).then(
      (records) => {
        isRead = true
        return records
      },
    )
    await until(() => refused, 'the server to refuse a consumer to the reader')
    expect(isRead).toBe(false)
    for (let n = 0; n < 10; n++) await test.bus.jsm.consumers.delete('JOURNAL', `c${n}`).catch(() => {})
    expect(await read).toHaveLength(1)
    await connection.close()
  }, 120_000)
})
