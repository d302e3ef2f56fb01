import { type HostedAgent, type HostOptions, hostAgent } from '@bailiwick/agent/host'
import {
  type Bus,
  connectBus,
  handOver,
  type JournalAppend,
  listAgents,
  openJournal,
  prepareQueue,
  prepareStreams,
  readAppends,
  serveDelegations,
  takeTasks,
} from '@bailiwick/bus'
import {
  type AgentDefinition,
  type JournalRecord,
  NO_USAGE,
  type RecordOf,
  type TaskResult,
  toolCard,
} from '@bailiwick/contract'
import { agentCard, ownTools as toolsOf } from '@bailiwick/core'
import { type Script, scriptedModel } from '@bailiwick/core/testing'
import { startTestServer } from '@bailiwick/nats-server/testing'
import { memberSchema } from '../config/config-schema.ts'
import { checkConfig } from '../config/load-config.ts'
import { delegationHandler } from '../delegate/start-delegate.ts'
import { Coordinators } from '../runs/coordinators.ts'
import { Runs } from '../runs/runs.ts'
import { Team } from '../team/team.ts'

/** The agents of the test's team. Their hosts run in this process. */
export const BED_AGENTS = ['worker', 'writer'] as const

/** A coordinator's part that drives runs, without processes of its own. */
export interface BedCoordinator {
  readonly bus: Bus
  readonly runs: Runs
  readonly coordinators: Coordinators
  /** What it would have told the operator. */
  readonly notes: string[]
  /** Resolves when it has sent its last message, if it was to die after some. */
  readonly died: Promise<void>
  /** Reads what is stored, and continues it. Called already, unless the options say otherwise. */
  adopt(): Promise<void>
  /** Ends it without another word, like SIGKILL. */
  kill(): Promise<void>
  /** Ends it in order. */
  stop(): Promise<void>
}

/** A real host of an agent, in this process. */
export interface BedHost {
  readonly hosted: HostedAgent
  /** Ends it without another word, like SIGKILL. Its tasks are redelivered. */
  kill(): Promise<void>
}

export interface CoordinatorOptions {
  id?: string
  /** Dies when the server has this many of its durable messages. */
  diesAfter?: number
  /** Replies of the planner and the synthesiser. */
  model?: Script
  /** After how many milliseconds of silence it takes others for gone. */
  goneMs?: number
  /** Whether it adopts what is stored before it is returned. Default true. */
  adopts?: boolean
}

/** A real server, a host of each agent, and any number of coordinators. */
export interface RunBed extends AsyncDisposable {
  readonly bus: Bus
  /** Hosts one of the agents that were passed as definitions. */
  host(name: string, options?: Partial<HostOptions>): Promise<BedHost>
  /** Starts a coordinator and lets it adopt what is stored. */
  coordinator(options?: CoordinatorOptions): Promise<BedCoordinator>
  /** All records of a run, in order, with the journal that has them. */
  records(run: string): Promise<{ task: string; record: JournalRecord }[]>
}

/** What a host does with a task. Undefined: it never ends it. */
export type Work = (created: RecordOf<'task.created'>) => Promise<Partial<TaskResult> | undefined>

/**
 * @param work what the hosts of the fixed agents do. Default: a task ends at once with its text as its output
 * @param definitions more agents, for real hosts. They have all tools that they bring
 */
export async function runBed(
  work: Work = async ({ text }) => ({ output: text }),
  config: Parameters<typeof checkConfig>[0] = {},
  definitions: readonly AgentDefinition[] = [],
): Promise<RunBed> {
  const server = await startTestServer()
  const opened: Bus[] = []
  const hosts: HostedAgent[] = []
  const stopped = new AbortController()
  const connect = async (name: string) => {
    const { creds } = await server.credentials({ name })
    const bus = await connectBus({ url: server.url, creds, name })
    opened.push(bus)
    return bus
  }
  const bus = await connect('coordinator')
  await prepareStreams(bus)
  for (const agent of BED_AGENTS) {
    await prepareQueue(bus, agent)
    void host(await connect(agent), agent, work, stopped.signal)
  }
  for (const { name } of definitions) await prepareQueue(bus, name)
  const specialists = [...BED_AGENTS.map(specialist), ...definitions.map(defined)]
  const checked = { ...checkConfig(config), file: undefined, folder: '', team: [] }
  return {
    bus,
    async coordinator({
      id = 'c-1',
      diesAfter = Number.POSITIVE_INFINITY,
      model = [],
      goneMs = 10_000,
      adopts = true,
    } = {}) {
      const own = await connect('coordinator')
      const ended = new AbortController()
      const { promise: died, resolve } = Promise.withResolvers<void>()
      const kill = async () => {
        ended.abort()
        await own.close()
      }
      dieAfter(own, diesAfter, () => void kill().then(resolve))
      const notes: string[] = []
      const { signal } = ended
      const failed = (error: unknown) => {
        if (!signal.aborted) notes.push(String(error))
      }
      const coordinators = new Coordinators({ bus: own, coordinator: id, version: '1', goneMs, signal })
      coordinators.follow().catch(failed)
      const runs = new Runs({
        bus: own,
        coordinator: id,
        coordinators,
        config: checked,
        team: new Team({ specialists }),
        model: async () => scriptedModel(model),
        signal,
        warn: (line) => notes.push(line),
        requireSpace: () => {},
      })
      const delegations = await serveDelegations(
        own,
        delegationHandler(own, (run, until) => runs.context(run, until)),
      )
      ended.signal.addEventListener('abort', () => void delegations[Symbol.asyncDispose]())
      const adopt = async () => {
        await runs.adopt(failed)
      }
      if (adopts) await adopt()
      const stop = async () => {
        ended.abort()
        await runs.stopped()
        await coordinators[Symbol.asyncDispose]()
        await own.close()
      }
      return { bus: own, runs, coordinators, notes, died, adopt, kill, stop }
    },
    async host(name, options = {}) {
      const definition = definitions.find((one) => one.name === name)
      if (definition === undefined) throw new Error(`no definition of ${name}`)
      const own = await connect(name)
      const hosted = await hostAgent(definition, own, { importsFrom: import.meta.dirname, ...options })
      hosts.push(hosted)
      return {
        hosted,
        async kill() {
          const presence = (await listAgents(bus)).find(({ host }) => host === hosted.host)
          await own.close()
          await hosted.left.catch(() => {})
          if (presence !== undefined) await handOver(bus, { ...presence, held: own.held.list() })
        },
      }
    },
    async records(run) {
      const appends: JournalAppend[] = []
      for await (const append of readAppends(bus, run)) appends.push(append)
      return appends.flatMap(({ task, records }) => records.map((record) => ({ task, record })))
    },
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await Promise.allSettled(hosts.map((each) => each[Symbol.asyncDispose]()))
      await Promise.all(opened.map((each) => each.close()))
      await server[Symbol.asyncDispose]()
    },
  }
}

function specialist(name: string) {
  const card = { name, description: name, level: 0 as const, tools: [], delegates: [], imports: [] }
  return { card, ownTools: [], member: memberSchema.parse({ agent: name }) }
}

function defined(definition: AgentDefinition) {
  const ownTools = toolsOf(definition).map(toolCard)
  return {
    card: agentCard(definition),
    ownTools,
    member: memberSchema.parse({ agent: definition.name }),
  }
}

/** Drops everything that a connection sends after so many durable messages. */
function dieAfter(bus: Bus, count: number, dead: () => void): void {
  const { outbox } = bus
  const publish = outbox.publish.bind(outbox)
  let left = count
  outbox.publish = (subject, ...rest) => {
    if (left === 0) return
    publish(subject, ...rest)
    if (!/^(bailiwick\.v1\.(journal|task)|\$KV\.runs)\./.test(subject)) return
    left -= 1
    // The server must get this one: it dies after the flush, and sends nothing else until then.
    if (left === 0) void outbox.flush().then(dead)
  }
}

/** Works on an agent's tasks: takes each as often as it is delivered, and ends it once. */
async function host(bus: Bus, agent: string, work: Work, signal: AbortSignal): Promise<void> {
  for await (const delivery of takeTasks(bus, agent, { maxConcurrent: 64, signal })) {
    void (async () => {
      const journal = openJournal(bus, { writer: agent, run: delivery.run, task: delivery.task })
      const records: JournalRecord[] = []
      for await (const record of journal.read()) records.push(record)
      const [created] = records
      if (created?.type !== 'task.created' || records.at(-1)?.type === 'task.ended') return delivery.ack()
      const engine = { node: '', v8: '', bailiwick: '' }
      const attempt = records.filter(({ type }) => type === 'task.started').length + 1
      const started = { type: 'task.started', at: Date.now(), attempt, host: `${agent}-1`, engine } as const
      await journal.append([{ ...started, level: 0 }])
      const result = await work(created)
      if (result === undefined) return
      const usage = { ...NO_USAGE, replies: 1 }
      const ending = { status: 'completed' as const, usage, artifacts: [], ...result }
      await journal.append([{ type: 'task.ended', at: Date.now(), ...ending }])
      delivery.ack()
    })().catch((error: unknown) => {
      if (!signal.aborted) delivery.fail(String(error))
    })
  }
}
