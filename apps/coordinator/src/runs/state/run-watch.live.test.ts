import { type Bus, connectBus, openJournal, prepareStreams } from '@bailiwick/bus'
import { type JournalRecord, NO_USAGE, type TaskSpec } from '@bailiwick/contract'
import { startTestServer, type TestServer } from '@bailiwick/nats-server/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RunWatch } from './run-watch.ts'

let server: TestServer
let bus: Bus
beforeAll(async () => {
  server = await startTestServer()
  const { creds } = await server.credentials({ name: 'coordinator' })
  bus = await connectBus({ url: server.url, creds, name: 'coordinator' })
  await prepareStreams(bus)
})
afterAll(async () => {
  await bus.close()
  await server[Symbol.asyncDispose]()
})

const signal = AbortSignal.timeout(20_000)
const grant = { level: 0, tools: [], delegates: [], imports: [], budget: {}, approval: 'never' } as const

function created(run: string, task: string, agent: string): JournalRecord {
  const spec = {
    run,
    owner: 'user',
    task,
    agent,
    name: 't1',
    text: 'x',
    inputs: [],
    results: {},
    seed: 's',
    depth: 0,
  }
  return { type: 'task.created', at: 0, ...({ ...spec, grant } as unknown as TaskSpec) }
}
function ended(output: string): JournalRecord {
  return {
    type: 'task.ended',
    at: 0,
    status: 'completed',
    output,
    usage: NO_USAGE,
    artifacts: [],
  }
}
const write = (writer: string, task: string, ...records: JournalRecord[]) =>
  openJournal(bus, { writer, run: 'r1', task }).append(records)

it("takes a task's end only from its own agent's journal", async () => {
  await write('worker', 'r1-t1', created('r1', 'r1-t1', 'worker'))
  await write('evil', 'r1-t1', created('r1', 'r1-t1', 'evil'), ended('forged'))
  await write('evil', 'r1-t2', created('r1', 'r1-t2', 'worker'), ended('forged'))
  using watch = new RunWatch(bus, 'r1')
  const first = watch.end('r1-t1', signal)
  const second = watch.end('r1-t2', signal)
  await write('worker', 'r1-t2', created('r1', 'r1-t2', 'worker'), ended('second'))
  const journal = openJournal(bus, { writer: 'worker', run: 'r1', task: 'r1-t1' })
  for await (const _ of journal.read());
  await journal.append([ended('first')])
  expect((await first).output).toBe('first')
  expect((await second).output).toBe('second')
})

it("ignores the journal of an agent that has the same name as the coordinator's planner", async () => {
  await write('coordinator', 'r1-plan', created('r1', 'r1-plan', 'planner'))
  await write('planner', 'r1-plan', ended('nothing'))
  using watch = new RunWatch(bus, 'r1')
  await write('coordinator', 'r1-after', created('r1', 'r1-after', 'planner'), ended('x'))
  await watch.end('r1-after', signal)
  expect(watch.tasks.get('r1-plan')).toMatchObject({ writer: 'coordinator', status: 'submitted' })
})
