import { connectBus, openJournal, prepareQueue, prepareStreams, ringTask, takeTasks } from '@bailiwick/bus'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { expect, it } from 'vitest'
import { sweepTasks } from './redeliver-lost-tasks.ts'

it.each([
  // What has never begun counts, as with every host that dies before it does.
  ['that was never begun', undefined, [1, 2, 3]],
  // A host that had begun does not count; those after it, which had not, do.
  ['that a dead host had begun', 'writer-dead', [1, 1, 2]],
])(
  'rings again for a task %s whose bell goes to a broken connection, until somebody has it',
  async (_, begunBy, expected) => {
    await using server = await startTestServer()
    const connect = async (name: string) => {
      const { creds } = await server.credentials({ name })
      return connectBus({ url: server.url, creds, name })
    }
    const bus = await connect('coordinator')
    await prepareStreams(bus)
    // Long enough for the server to notice nothing meanwhile.
    await prepareQueue(bus, 'writer', { ackWaitMs: 120_000 })
    const open = {
      run: 'r1',
      task: 'r1-t1',
      agent: 'writer',
      ...(begunBy !== undefined && { host: begunBy }),
    }
    if (begunBy !== undefined) {
      const engine = { node: '', v8: '', bailiwick: '' }
      await openJournal(bus, { writer: 'writer', run: 'r1', task: 'r1-t1' }).append([
        { type: 'task.started', at: 1, attempt: 1, host: begunBy, engine, level: 0 },
      ])
    }
    await ringTask(bus, { agent: 'writer', run: 'r1', task: 'r1-t1', ring: 1 })
    const stop = new AbortController()
    const notes: string[] = []
    const sweeping = sweepTasks(
      {
        bus,
        team: { present: [] },
        runs: { openTasks: () => [open] },
        note: (line) => notes.push(line),
      },
      stop.signal,
    )
    const given: number[] = []
    for (let n = 0; n < 3; n += 1) {
      const host = await connect(`writer-${n}`)
      for await (const delivery of takeTasks(host, 'writer')) {
        given.push(delivery.attempts)
        break
      }
      await host.close()
    }
    stop.abort()
    await sweeping
    await bus.close()
    expect(given).toEqual(expected)
    expect(notes).toEqual(Array(2).fill('task r1-t1 was with nobody: it is rung for again'))
  },
)
