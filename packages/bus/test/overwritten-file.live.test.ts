import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  chunkSubject,
  entrySubject,
  getArtifact,
  parseKey,
  permissionsFor,
  putArtifact,
  type RoleGrant,
} from '../src/index.ts'
import { startTestBus, type TestBus, until } from './test-bus.ts'

let test: TestBus
let evil: NatsConnection
beforeAll(async () => {
  test = await startTestBus()
  const grant: RoleGrant = { role: 'host', agent: 'analyst', level: 3, tools: [] }
  const { creds } = await test.server.credentials({ name: 'analyst', permissions: permissionsFor(grant) })
  evil = await connect({
    servers: test.server.url,
    authenticator: credsAuthenticator(Buffer.from(creds)),
    inboxPrefix: '_INBOX.analyst',
  })
})
afterAll(async () => {
  await evil?.close()
  await test?.[Symbol.asyncDispose]()
})

describe('a file behind whose parts the server was made to store replies', () => {
  it.each([
    ['its entry', 'entry'],
    ['its first chunk', 0],
    ['its last chunk', 2],
    ['a chunk that it does not have', 3],
  ] as const)('is read as it was written, after a reply behind %s', async (_, part) => {
    const bytes = Buffer.alloc(300_000, `part ${part}`)
    const ref = await putArtifact(test.bus, { run: 'r1', name: 'a.txt', mediaType: 'text/plain', bytes })
    const key = parseKey(ref.key)
    if (key === undefined) throw new Error(`no key: ${ref.key}`)
    const subject = part === 'entry' ? entrySubject(key) : chunkSubject(key, part)
    const stored = async () =>
      (await test.bus.jsm.streams.info('FILES', { subjects_filter: subject })).state.subjects?.[subject] ?? 0
    const before = await stored()
    evil.publish('$JS.API.INFO', '', { reply: subject })
    await until(async () => (await stored()) > before, 'the reply in place of the part')
    expect(Buffer.from(await getArtifact(test.bus, ref)).equals(bytes)).toBe(true)
  })
})
