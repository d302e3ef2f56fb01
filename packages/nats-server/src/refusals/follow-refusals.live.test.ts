import { readdirSync, readlinkSync } from 'node:fs'
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, credsAuthenticator } from '@nats-io/transport-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followLog } from '../log/follow-log.ts'
import { connectWith } from '../testing/connect-with.ts'
import { startTestServer, type TestServer } from '../testing/start-test-server.ts'
import type { Refusal } from './follow-refusals.ts'

const ONLY_A = { publish: { allow: ['a'] }, subscribe: { allow: ['_INBOX.>'] } }

/**
 * Collects the refusals of authenticated users while `act` runs, and all refusals after the first of them, until
 * one satisfies `isLast`.
 */
async function collect(server: TestServer, act: () => Promise<void>, isLast: (last: Refusal) => boolean) {
  const seen: Refusal[] = []
  let incomplete = false
  const batches = server.refusals(AbortSignal.timeout(50_000))[Symbol.asyncIterator]()
  // Only a first refusal shows that the log is open and everything later will be read.
  let isFollowing = false
  const first = batches.next().then(() => {
    isFollowing = true
  })
  while (!isFollowing) await connect({ servers: server.url, reconnect: false }).catch(() => {})
  await first
  // Nothing is read while no batch is requested, so everything that `act` causes is in the log when reading resumes.
  await act()
  for (let batch = await batches.next(); batch.done !== true; batch = await batches.next()) {
    seen.push(...batch.value.refused)
    incomplete ||= batch.value.incomplete
    if (seen.some(isLast)) break
  }
  await batches.return?.(undefined)
  return { seen: seen.slice(seen.findIndex(({ user }) => user !== undefined)), incomplete }
}

describe('refusals', () => {
  it('name the verified user, not the user that the client claims to be', async () => {
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
        // The connection is closed before anything looks up its user.
        await evil.close()
        await server.revoke(publicKey)
        await connectWith(server, creds).catch(() => {})
      },
      ({ action, subject }) => action === 'subscribe' && subject === '>',
    )
    expect(seen).toEqual([
      { user: 'evil', action: 'publish', subject: 'b.c' },
      { user: 'evil', action: 'subscribe', subject: '>' },
      { action: 'connect' },
    ])
  })

  it('are marked as incomplete during a flood', async () => {
    await using server = await startTestServer()
    const { creds } = await server.credentials({ name: 'evil', permissions: ONLY_A })
    const evil = await connectWith(server, creds)
    const { seen, incomplete } = await collect(
      server,
      async () => {
        // 40 MB of log, which the server rotates every 16 MB.
        for (let n = 0; n < 40_000; n++) evil.publish(`b${n}.${'x'.repeat(1_000)}`, '')
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
  let folder: string
  let path: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'follow-log-'))
    path = join(folder, 'log')
    await writeFile(path, 'before\n')
  })

  afterEach(() => rm(folder, { recursive: true }))

  /** Adds lines until one is read: only lines that are added after the file was opened are. */
  async function addUntil(isRead: () => boolean): Promise<void> {
    while (!isRead()) {
      await appendFile(path, 'one\n')
      await sleep(20)
    }
  }

  it('continues in the new file after a rotation and loses no line', async () => {
    const ended = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const { lines } of followLog(path, ended.signal)) {
        seen.push(...lines)
        if (seen.includes('four')) ended.abort()
      }
    })()
    await addUntil(() => seen.length > 0)
    await appendFile(path, 'two\nthr')
    await appendFile(path, 'ee\n')
    await rename(path, join(folder, 'log.1'))
    await writeFile(path, 'four\n')
    await following
    expect(seen.filter((line) => line !== 'one')).toEqual(['two', 'three', 'four'])
    expect(seen).not.toContain('before')
  })

  it.runIf(process.platform === 'linux')('closes every file if its reader stops at a rotation', async () => {
    const openFiles = () =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
        } catch {
          return false // Closed since the folder was listed.
        }
      })
    const batches = followLog(path, AbortSignal.timeout(50_000))
    let isRead = false
    const first = batches.next().then(() => {
      isRead = true
    })
    await addUntil(() => isRead)
    await first
    await appendFile(path, 'two\n')
    await rename(path, join(folder, 'log.1'))
    await writeFile(path, 'three\n')
    expect((await batches.next()).value?.lines).toContain('two')
    expect(openFiles()).not.toEqual([])
    await batches.return(undefined)
    expect(openFiles()).toEqual([])
  })
})
