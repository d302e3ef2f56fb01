import { type Bus, connectBus, openJournal, prepareQueue, prepareStreams, ringTask } from '@bailiwick/bus'
import {
  type AgentDefinition,
  type FinalStatus,
  type Grant,
  hasCode,
  type JournalRecord,
  type Level,
  NO_USAGE,
  type RecordOf,
  type TaskResult,
  type TaskSpec,
  taskResultOf,
} from '@bailiwick/contract'
import { ownTools } from '@bailiwick/core'
import { startTestServer, type TestServer } from '@bailiwick/nats-server/testing'

/** A real server with the agents' queues, and what the coordinator does for a task. */
export interface TestBus extends AsyncDisposable {
  readonly server: TestServer
  readonly bus: Bus
  connect(name: string): Promise<Bus>
  /** Writes a task's first record and puts the task into its agent's queue. */
  give(spec: Partial<TaskSpec> & Pick<TaskSpec, 'task' | 'agent' | 'grant'>): Promise<TaskSpec>
  /** The records of a task's journal. */
  journal(spec: TaskSpec): Promise<JournalRecord[]>
  /** Appends a task's last record, as another writer than its host. */
  end(spec: TaskSpec, status: FinalStatus): Promise<void>
  /** Waits for the task to end. */
  result(spec: TaskSpec): Promise<TaskResult>
}

export async function startTestBus(...agents: string[]): Promise<TestBus> {
  const server = await startTestServer()
  const opened: Bus[] = []
  const connect = async (name: string) => {
    const { creds } = await server.credentials({ name })
    const bus = await connectBus({ url: server.url, creds, name })
    opened.push(bus)
    return bus
  }
  const bus = await connect('coordinator')
  await prepareStreams(bus)
  for (const agent of agents) await prepareQueue(bus, agent)
  const journal = async ({ agent, run, task }: TaskSpec) => {
    const records: JournalRecord[] = []
    for await (const record of openJournal(bus, { writer: agent, run, task }).read()) records.push(record)
    return records
  }
  return {
    server,
    bus,
    connect,
    journal,
    async give(given) {
      const spec: TaskSpec = {
        run: 'r1',
        owner: 'user',
        name: 't1',
        text: 'do it',
        inputs: [],
        results: {},
        seed: 's',
        depth: 0,
        ...given,
      }
      const { agent, run, task } = spec
      const first: JournalRecord = { type: 'task.created', at: Date.now(), ...spec }
      await openJournal(bus, { writer: agent, run, task }).append([first])
      await ringTask(bus, { agent, run, task, ring: 1 })
      return spec
    },
    async end(spec, status) {
      const { agent, run, task } = spec
      const result: TaskResult = { status, usage: NO_USAGE, artifacts: [] }
      await until(async () => {
        const written = openJournal(bus, { writer: agent, run, task })
        for await (const _record of written.read());
        try {
          await written.append([{ type: 'task.ended', at: Date.now(), ...result }])
          return true
        } catch (error) {
          if (hasCode(error, 'fenced')) return false // The host appended in between.
          throw error
        }
      }, `ending ${task} as another writer`)
    },
    async result(spec) {
      const ended = await until(
        async () =>
          (await journal(spec)).find(
            (record): record is RecordOf<'task.ended'> => record.type === 'task.ended',
          ),
        `the end of ${spec.task}`,
      )
      return taskResultOf(ended)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((each) => each.close()))
      await server[Symbol.asyncDispose]()
    },
  }
}

/** Waits until `look` returns a truthy value. Fails after a minute. */
export async function until<T>(look: () => T | Promise<T>, what: string): Promise<NonNullable<T>> {
  const end = Date.now() + 60_000
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (Date.now() > end) throw new Error(`waited a minute for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A grant of all tools that a definition brings. */
export function grantOf(definition: AgentDefinition, level: Level = 5): Grant {
  const tools = ownTools(definition).map(({ run: _, ...card }) => card)
  return { level, tools, delegates: [], imports: [], budget: {}, approval: 'never' }
}
