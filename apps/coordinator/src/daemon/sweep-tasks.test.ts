import { connectBus, prepareQueue, prepareStreams, ringTask, takeTasks } from '@bailiwick/bus'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { expect, it } from 'vitest'
import { sweepTasks } from './sweep-tasks.ts'

it('rings again for a task whose bell goes to a connection that is broken, until somebody has it', async () => {
  await using server = await startTestServer()
  const connect = async (name: string) => {
    const { creds } = await server.credentials({ name })
    return connectBus({ url: server.url, creds, name })
  }
  const bus = await connect('coordinator')
  await prepareStreams(bus)
  // Long enough for the server to notice nothing meanwhile.
  await prepareQueue(bus, 'writer', { ackWaitMs: 120_000 })
  const open = { run: 'r1', task: 'r1-t1', agent: 'writer' }
  await ringTask(bus, { ...open, ring: 1 })
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
  // What has never begun counts, as with every host that dies before it does.
  expect(given).toEqual([1, 2, 3])
  expect(notes).toEqual(Array(2).fill('task r1-t1 was with nobody: it is rung for again'))
})
