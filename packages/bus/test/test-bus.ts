import type { JournalRecord, TaskSpec } from '@bailiwick/contract'
import { startTestServer, type TestServer } from '@bailiwick/nats-server/testing'
import type { Bus } from '../src/connect/bus.ts'
import { connectBus } from '../src/connect/connect-bus.ts'
import { prepareStreams } from '../src/streams/prepare-streams.ts'
import type { StreamLimits } from '../src/streams/stream-limits.ts'

/** A real server with all streams, and connections with all rights. */
export interface TestBus extends AsyncDisposable {
  readonly server: TestServer
  /** The coordinator's connection. */
  readonly bus: Bus
  /** Opens another connection, which is closed with the server. */
  connect(name: string): Promise<Bus>
}

export async function startTestBus(limits: StreamLimits = {}): Promise<TestBus> {
  const server = await startTestServer()
  const opened: Bus[] = []
  const connect = async (name: string) => {
    const { creds } = await server.credentials({ name })
    const bus = await connectBus({ url: server.url, creds, name })
    opened.push(bus)
    return bus
  }
  const bus = await connect('coordinator')
  await prepareStreams(bus, limits)
  return {
    server,
    bus,
    connect,
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((each) => each.close()))
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Waits until `look` returns a truthy value, and returns it. */
export async function until<T>(look: () => T | Promise<T>, what: string): Promise<NonNullable<T>> {
  const end = performance.now() + 30_000
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (performance.now() > end) throw new Error(`Waited 30 s for ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The first `count` items of an iterable. */
export async function take<T>(source: AsyncIterable<T>, count: number): Promise<T[]> {
  const items: T[] = []
  if (count === 0) return items
  for await (const item of source) {
    items.push(item)
    if (items.length === count) return items
  }
  return items
}

/** All items of an iterable that ends. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}

/** A record with this text. */
export function planned(text: string, step = 1): JournalRecord {
  return { type: 'task.planned', at: 1_700_000_000_000, step, text }
}

/** The first record of a task. */
export function created(
  task: { run: string; task: string; agent: string },
  change: Partial<TaskSpec> = {},
): JournalRecord {
  return {
    type: 'task.created',
    at: 1_700_000_000_000,
    owner: 'user',
    ...task,
    name: 't1',
    text: 'count the words',
    inputs: [],
    results: {},
    grant: { level: 5, tools: [], delegates: [], imports: [], budget: {}, approval: 'never' },
    seed: 's',
    depth: 0,
    ...change,
  }
}
