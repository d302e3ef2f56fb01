import { connect, credsAuthenticator, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  copyArtifact,
  getArtifact,
  permissionsFor,
  prepareWriter,
  putArtifact,
  type RoleGrant,
} from '../src/index.ts'
import { startTestBus, type TestBus, until } from './test-bus.ts'

let test: TestBus
let evil: NatsConnection
beforeAll(async () => {
  test = await startTestBus()
  for (const writer of ['writer', 'analyst']) await prepareWriter(test.bus, writer)
  const grant: RoleGrant = { role: 'host', agent: 'analyst', level: 3, tools: [], readsFrom: ['writer'] }
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

const put = (key: string, bytes: Buffer) =>
  putArtifact(test.bus, { writer: 'writer', key, name: 'report.txt', mediaType: 'text/plain', bytes })

/** Makes the server store a reply in place of a file's entry, which the intruder cannot write itself. */
async function overwrite(key: string, ask: string, payload = ''): Promise<void> {
  const subject = `$O.artifact_writer.M.${Buffer.from(key)
    .toString('base64url')
    .padEnd(Math.ceil(key.length / 3) * 4, '=')}`
  const stored = async () =>
    (await test.bus.jsm.streams.info('OBJ_artifact_writer', { subjects_filter: subject })).state.subjects?.[
      subject
    ] ?? 0
  const before = await stored()
  evil.publish(ask, payload, { reply: subject })
  await until(async () => (await stored()) > before, 'the reply in place of the entry')
}

describe('a file whose entry the server was made to overwrite', () => {
  const signal = () => AbortSignal.timeout(30_000)

  it.each([
    ['a reply about the account', '$JS.API.INFO', ''],
    ['an entry of another file', '$JS.API.STREAM.MSG.GET.OBJ_artifact_writer', '{"seq":1}'],
    ['an error', '$JS.API.STREAM.MSG.GET.OBJ_artifact_writer', '{}'],
  ])('with %s can still be read by its reference', async (_, ask, payload) => {
    const key = `r1/${ask.length}${payload.length}`
    const bytes = Buffer.alloc(300_000, key)
    const ref = await put(key, bytes)
    const other = await put(`${key}-other`, Buffer.from('other'))
    await overwrite(key, ask, payload)
    expect(Buffer.from(await getArtifact(test.bus, ref, signal())).equals(bytes)).toBe(true)
    const copy = await copyArtifact(test.bus, ref, { writer: 'coordinator', key }, signal())
    expect(Buffer.from(await getArtifact(test.bus, copy, signal())).equals(bytes)).toBe(true)
    expect(Buffer.from(await getArtifact(test.bus, other, signal())).toString()).toBe('other')
    // Its writer can still replace it.
    const next = await put(key, Buffer.from('next'))
    expect(Buffer.from(await getArtifact(test.bus, next, signal())).toString()).toBe('next')
    await expect(getArtifact(test.bus, ref, signal())).rejects.toMatchObject({
      code: 'bad-artifact',
      message: expect.stringMatching(/report\.txt .* was replaced: expected sha256/),
    })
  })

  it('cannot be written by a reader, and neither can its bytes', async () => {
    const ref = await put('r2/x', Buffer.from('mine'))
    const refused: string[] = []
    void (async () => {
      for await (const status of evil.status())
        if (status.type === 'error') refused.push(status.error.message)
    })()
    for (const kind of ['M.eA==', 'C.eA']) evil.publish(`$O.artifact_writer.${kind}`, 'x')
    evil.publish('$JS.API.STREAM.PURGE.OBJ_artifact_writer', '')
    await evil.flush()
    await until(() => refused.length === 3, 'three refusals')
    expect(Buffer.from(await getArtifact(test.bus, ref)).toString()).toBe('mine')
  })
})
