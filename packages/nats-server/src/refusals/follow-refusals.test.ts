import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import { connectWith } from '../testing/connect-with.ts'
import { startTestServer, type TestServer } from '../testing/start-test-server.ts'
import { followLog } from './follow-log.ts'
import type { Refusal } from './follow-refusals.ts'

const ONLY_A = { publish: { allow: ['a'] }, subscribe: { allow: ['_INBOX.>'] } }

/** What is refused while `act` does its work, until there is a refusal that ends it. */
async function collect(server: TestServer, act: () => Promise<void>, isLast: (last: Refusal) => boolean) {
  const seen: Refusal[] = []
  let incomplete = false
  const batches = server.refusals(AbortSignal.timeout(20_000))[Symbol.asyncIterator]()
  let next = batches.next()
  // It follows from when it has opened the log: a first refusal shows that it has.
  let following = false
  next.then(() => {
    following = true
  })
  while (!following) await connect({ servers: server.url, reconnect: false }).catch(() => {})
  next = batches.next()
  await act()
  for (let batch = await next; batch.done !== true; batch = await batches.next()) {
    seen.push(...batch.value.refused)
    incomplete ||= batch.value.incomplete
    if (seen.some(isLast)) break
  }
  await batches.return?.(undefined)
  return { seen: seen.slice(seen.findIndex(({ user }) => user !== undefined)), incomplete }
}

describe('refusals', () => {
  it('name the user that was proved, not the one that the client says it is', async () => {
    await using server = await startTestServer()
    const victim = await server.credentials({ name: 'victim' })
    const { creds, publicKey } = await server.credentials({ name: 'evil', permissions: ONLY_A })
    const authenticator = credsAuthenticator(Buffer.from(creds))
    const { seen } = await collect(
      server,
      async () => {
        const evil = await connect({
          servers: server.url,
          reconnect: false,
          name: 'victim" - Publish Violation - Subject "x',
          authenticator: (nonce) => ({ ...authenticator(nonce), nkey: victim.publicKey, user: 'victim' }),
        })
        evil.publish('b.c', 'x')
        evil.publish('a', 'x')
        evil.subscribe('>', { callback: () => {} })
        await evil.flush()
        // Gone before anybody could ask who it was.
        await evil.close()
        await server.revoke(publicKey)
        await connectWith(server, creds).catch(() => {})
      },
      ({ action }) => action === 'connect',
    )
    expect(seen).toEqual([
      { user: 'evil', action: 'publish', subject: 'b.c' },
      { user: 'evil', action: 'subscribe', subject: '>' },
      { action: 'connect' },
    ])
  })

  it('of a flood are not all read, and that is said', async () => {
    await using server = await startTestServer()
    const { creds } = await server.credentials({ name: 'evil', permissions: ONLY_A })
    const evil = await connectWith(server, creds)
    const { seen, incomplete } = await collect(
      server,
      async () => {
        // 40 MB of log, which the server rotates at 16.
        for (let n = 0; n < 40_000; n++) evil.publish(`b${n}.${'x'.repeat(1_000)}`, '')
        await evil.flush()
        evil.subscribe('last', { callback: () => {} })
        await evil.flush()
      },
      ({ user }) => user === 'evil',
    )
    expect(incomplete).toBe(true)
    expect(seen.length).toBeLessThan(1_000)
    expect(seen[0]?.subject).toHaveLength(200)
    await evil.close()
  })
})

describe('followLog', () => {
  it('goes on in the next file when the log is rotated, and loses nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'follow-log-'))
    const path = join(folder, 'log')
    await writeFile(path, 'before\n')
    const ended = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const { lines } of followLog(path, ended.signal)) {
        seen.push(...lines)
        if (seen.length === 1) {
          await appendFile(path, 'two\nthr')
          await appendFile(path, 'ee\n')
          await rename(path, join(folder, 'log.1'))
          await writeFile(path, 'four\n')
        }
        if (seen.includes('four')) ended.abort()
      }
    })()
    // From its end on: what stood there before is not told.
    while (seen.length === 0) {
      await appendFile(path, 'one\n')
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    await following
    expect(seen.filter((line) => line !== 'one')).toEqual(['two', 'three', 'four'])
    expect(seen).not.toContain('before')
    await rm(folder, { recursive: true })
  })
})
