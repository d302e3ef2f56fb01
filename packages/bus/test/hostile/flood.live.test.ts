import { Socket } from 'node:net'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openJournal, ringTask, SUBJECTS, takeTasks } from '../../src/index.ts'
import { all, planned, take } from '../test-bus.ts'
import { ANALYST, type HostileBed, openHostileBed } from './hostile-bed.ts'

let bed: HostileBed
beforeAll(async () => {
  bed = await openHostileBed()
})
afterAll(() => bed?.[Symbol.asyncDispose]())

/** A flood lasts until it has sent this many messages and an honest host has appended so many records. */
const LEAST = { messages: 2_000, appends: 3 }
/** Enough of the largest messages: more would only fill the disk. */
const LARGE_MESSAGES = 60
const MiB = 1024 * 1024
/** Sends as fast as it can while `isOn`, and at least `messages` times. */
async function flood(
  connection: NatsConnection,
  send: (n: number) => void,
  messages: number,
  isOn: () => boolean,
): Promise<void> {
  for (let sent = 0; isOn() || sent < messages; ) {
    for (let n = 0; n < 20; n++) send(sent++)
    await connection.flush()
  }
}

describe('a hostile host', () => {
  it.each<[string, (connection: NatsConnection, n: number) => void, number?]>([
    ['live texts', (evil) => evil.publish(SUBJECTS.live('user', 'analyst', 'r5', 'x'), 'x'.repeat(1_000))],
    [
      'appends to journals of its own',
      (evil, n) => evil.publish(SUBJECTS.journal('analyst', 'r5', `x${n}`), '{}'),
    ],
    [
      'the largest appends',
      (evil) => evil.publish(SUBJECTS.journal('analyst', 'r5', 'x'), 'x'.repeat(MiB)),
      LARGE_MESSAGES,
    ],
    [
      'the largest pieces of files',
      (evil) => evil.publish('$O.artifact_analyst.C.x', 'x'.repeat(MiB)),
      LARGE_MESSAGES,
    ],
    ['heartbeats', (evil, n) => evil.publish(`$KV.agents.analyst.x${n % 1_000}`, 'x'.repeat(1_000))],
    ['requests to the server', (evil) => evil.publish('$JS.API.INFO', '', { reply: '_INBOX.analyst.x' })],
    [
      'pulls of its tasks',
      (evil) =>
        evil.publish('$JS.API.CONSUMER.MSG.NEXT.TASK.analyst', '{"batch":1000}', {
          reply: '_INBOX.analyst.x',
        }),
    ],
    ['calls of its tool', (evil) => evil.publish(SUBJECTS.tool('echo', 'analyst'), '{}')],
    ['cancels', (evil) => evil.publish(SUBJECTS.cancel('analyst'), '{"id":"1"}')],
    ['forbidden messages', (evil, n) => evil.publish(SUBJECTS.event('run', 'ended', 'user', `r${n}`), '{}')],
    ['subscriptions', (evil, n) => void evil.subscribe(`_INBOX.analyst.${n}`, { callback: () => {} })],
  ])('does not stop other hosts with a flood of %s', async (kind, send, messages = LEAST.messages) => {
    const { connection } = await bed.intrudeAs(ANALYST)
    const address = { writer: 'writer', run: 'r5', task: `r5-${kind.replaceAll(' ', '-')}` }
    const journal = openJournal(bed.writer, address)
    let appends = 0
    const flooding = flood(
      connection,
      (n) => send(connection, n),
      messages,
      () => appends < LEAST.appends,
    )
    for (; appends < LEAST.appends; appends += 1) await journal.append([planned(`${appends}`)])
    await flooding
    expect(await all(openJournal(bed.writer, address).read())).toHaveLength(LEAST.appends)
    await ringTask(bed.test.bus, { agent: 'writer', run: 'r5', task: address.task, ring: 1 })
    const [delivery] = await take(takeTasks(bed.writer, 'writer'), 1)
    expect(delivery?.task).toBe(address.task)
    delivery?.ack()
    await connection.close()
  })

  it('is cut off and reported if it sends a message that is too large, and other hosts are not', async () => {
    const ended = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const { refused } of bed.test.server.refusals(ended.signal))
        for (const { user, action } of refused) seen.push(`${user} ${action}`)
    })()
    for (let isSeen = false; !isSeen; isSeen = seen.includes('analyst oversize')) {
      const { connection } = await bed.intrudeAs(ANALYST)
      // Disables the check in the client.
      Object.assign(connection.info ?? {}, { max_payload: 64 * MiB })
      const cut = (async () => {
        for await (const { type } of connection.status()) if (type === 'disconnect') return
      })()
      connection.publish(SUBJECTS.live('user', 'analyst', 'r5', 'x'), 'x'.repeat(2 * MiB))
      await cut
      await connection.close()
    }
    ended.abort()
    await following
    await bed.writer.connection.flush()
  })

  it('is cut off if it sends a line that is too long, and other hosts are not', async () => {
    const { hostname, port } = new URL(bed.test.server.url)
    const socket = new Socket()
    const closed = new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (data) => {
        text += data.toString()
      })
      socket.on('error', () => {})
      socket.on('close', () => resolve(text))
    })
    socket.connect(Number(port), hostname)
    socket.write(`PUB ${'x'.repeat(200_000)} 1\r\n`)
    expect(await closed).toContain('-ERR')
    await bed.writer.connection.flush()
  })
})
