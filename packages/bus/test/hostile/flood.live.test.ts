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

const FLOOD_MS = 1_000
/** The longest that an honest append may take meanwhile, on a machine that has other things to do, ms. */
const PATIENCE_MS = 5_000
const MiB = 1024 * 1024

/** Has somebody send as fast as it can for a while. @returns how often */
async function flood(connection: NatsConnection, send: (n: number) => void): Promise<number> {
  const end = Date.now() + FLOOD_MS
  let sent = 0
  while (Date.now() < end) {
    for (let n = 0; n < 20; n++) send(sent++)
    await connection.flush()
  }
  return sent
}

describe('a hostile host', () => {
  it.each<[string, (connection: NatsConnection, n: number) => void]>([
    ['live texts', (evil) => evil.publish(SUBJECTS.live('user', 'analyst', 'r5', 'x'), 'x'.repeat(1_000))],
    [
      'appends to journals of its own',
      (evil, n) => evil.publish(SUBJECTS.journal('analyst', 'r5', `x${n}`), '{}'),
    ],
    ['the largest appends', (evil) => evil.publish(SUBJECTS.journal('analyst', 'r5', 'x'), 'x'.repeat(MiB))],
    ['the largest pieces of files', (evil) => evil.publish('$O.artifact_analyst.C.x', 'x'.repeat(MiB))],
    ['heartbeats', (evil, n) => evil.publish(`$KV.agents.analyst.x${n % 1_000}`, 'x'.repeat(1_000))],
    ['questions to the server', (evil) => evil.publish('$JS.API.INFO', '', { reply: '_INBOX.analyst.x' })],
    [
      'pulls of its tasks',
      (evil) =>
        evil.publish('$JS.API.CONSUMER.MSG.NEXT.TASK.analyst', '{"batch":1000}', {
          reply: '_INBOX.analyst.x',
        }),
    ],
    ['calls of its tool', (evil) => evil.publish(SUBJECTS.tool('echo', 'analyst'), '{}')],
    ['cancels', (evil) => evil.publish(SUBJECTS.cancel('analyst'), '{"id":"1"}')],
    [
      'what it may not send',
      (evil, n) => evil.publish(SUBJECTS.event('run', 'ended', 'user', `r${n}`), '{}'),
    ],
    ['subscriptions', (evil, n) => void evil.subscribe(`_INBOX.analyst.${n}`, { callback: () => {} })],
  ])('keeps nobody from working by a flood of %s', async (kind, send) => {
    const { connection } = await bed.intrudeAs(ANALYST)
    const address = { writer: 'writer', run: 'r5', task: `r5-${kind.replaceAll(' ', '-')}` }
    const flooding = flood(connection, (n) => send(connection, n))
    let isOver = false
    flooding.finally(() => {
      isOver = true
    })
    const journal = openJournal(bed.writer, address)
    const took: number[] = []
    while (!isOver) {
      const began = performance.now()
      await journal.append([planned(`${took.length}`)])
      took.push(performance.now() - began)
    }
    expect(await flooding).toBeGreaterThan(100)
    expect(await all(openJournal(bed.writer, address).read())).toHaveLength(took.length)
    expect(Math.max(...took)).toBeLessThan(PATIENCE_MS)
    await ringTask(bed.test.bus, { agent: 'writer', run: 'r5', task: address.task, ring: 1 })
    const [delivery] = await take(takeTasks(bed.writer, 'writer'), 1)
    expect(delivery?.task).toBe(address.task)
    delivery?.ack()
    await connection.close()
  })

  it('is cut off when it sends a larger message than the server takes, which is seen, and nobody else is', async () => {
    const ended = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const { refused } of bed.test.server.refusals(ended.signal))
        for (const { user, action } of refused) seen.push(`${user} ${action}`)
    })()
    for (let isSeen = false; !isSeen; isSeen = seen.includes('analyst oversize')) {
      const { connection } = await bed.intrudeAs(ANALYST)
      // What its client is to hold it to.
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

  it('is cut off when it sends a longer line than the server takes, and nobody else is', async () => {
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
