import {
  type AgentPresence,
  connectBus,
  openJournal,
  prepareQueue,
  prepareStreams,
  ringTask,
  takeTasks,
} from '@bailiwick/bus'
import type { AgentCard } from '@bailiwick/contract'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { expect, it, vi } from 'vitest'
import { redeliverLostTasks } from './redeliver-lost-tasks.ts'

/** A writer host that holds the task. */
function holder(host: string): AgentPresence {
  const card = { name: 'writer' } as AgentCard
  return {
    card,
    host,
    pid: 1,
    slots: 1,
    busy: 1,
    startedAt: 0,
    at: 0,
    protocol: 2,
    held: { 'r1-t1': 'subject' },
  }
}

it.each([
  // Each delivery to a host that did not start the task counts.
  ['was never started', undefined, [1, 2, 3]],
  // The delivery to the host that started the task does not count.
  ['a dead host had started', 'writer-dead', [1, 1, 2]],
])('redelivers a task that %s until a host holds it', async (_, startedBy, expected) => {
  await using server = await startTestServer()
  const connect = async (name: string) => {
    const { creds } = await server.credentials({ name })
    return connectBus({ url: server.url, creds, name })
  }
  const bus = await connect('coordinator')
  await prepareStreams(bus)
  // So long that the server itself redelivers nothing.
  await prepareQueue(bus, 'writer', { ackWaitMs: 120_000 })
  const task = { run: 'r1', task: 'r1-t1', agent: 'writer' }
  if (startedBy !== undefined) {
    const engine = { node: '', v8: '', bailiwick: '' }
    await openJournal(bus, { writer: 'writer', run: 'r1', task: 'r1-t1' }).append([
      { type: 'task.started', at: 1, attempt: 1, host: startedBy, engine, level: 0 },
    ])
  }
  await ringTask(bus, { ...task, ring: 1 })
  const stop = new AbortController()
  const notes: string[] = []
  // From a redelivery until the next connection has broken, a host holds the task, so each broken connection causes
  // exactly one redelivery.
  const team = { present: [holder('writer')] }
  const redelivering = redeliverLostTasks(
    {
      bus,
      team,
      runs: {
        openTasks: () => [{ ...task, ...(startedBy !== undefined && { host: startedBy }) }],
        readyTasks: () => new Map([['writer', 1]]),
        isCurrent: async () => true,
      },
      hosts: { need() {} },
      note(line) {
        notes.push(line)
        team.present = [holder('writer')]
      },
      timing: { checkMs: 10, settleMs: 0, retryMs: 50 },
    },
    stop.signal,
  )
  const attempts: number[] = []
  for (let n = 0; n < 3; n += 1) {
    if (n > 0) await vi.waitFor(() => expect(notes).toHaveLength(n), { timeout: 30_000 })
    const host = await connect(`writer-${n}`)
    for await (const delivery of takeTasks(host, 'writer')) {
      attempts.push(delivery.attempts)
      break
    }
    await host.close()
    if (n < 2) team.present = []
  }
  stop.abort()
  await redelivering
  await bus.close()
  expect(attempts).toEqual(expected)
  expect(notes).toEqual(Array(2).fill('No host was working on task r1-t1. It is redelivered.'))
})

it('redelivers nothing while its index lags behind the journals', async () => {
  await using server = await startTestServer()
  const { creds } = await server.credentials({ name: 'coordinator' })
  await using bus = await connectBus({ url: server.url, creds, name: 'coordinator' })
  await prepareStreams(bus)
  await prepareQueue(bus, 'writer')
  const stop = new AbortController()
  const notes: string[] = []
  let lags = 0
  const redelivering = redeliverLostTasks(
    {
      bus,
      team: { present: [] },
      runs: {
        // By the old index, two tasks have no host and no bell. By the journals, the host of one has left it.
        openTasks: () =>
          ['r1-t1', 'r1-t2'].slice(lags > 3 ? 1 : 0).map((task) => ({ run: 'r1', task, agent: 'writer' })),
        readyTasks: () => new Map([['writer', 2]]),
        isCurrent: async () => ++lags > 3,
      },
      hosts: { need() {} },
      note: (line) => notes.push(line),
      timing: { checkMs: 10, settleMs: 0, retryMs: 60_000 },
    },
    stop.signal,
  )
  await vi.waitFor(() => expect(notes).not.toEqual([]), { timeout: 30_000 })
  stop.abort()
  await redelivering
  expect(lags).toBeGreaterThan(3)
  expect(notes).toEqual(['No host was working on task r1-t2. It is redelivered.'])
})
