import {
  type Bus,
  openJournal,
  publishLive,
  remoteTool,
  requestDelegation,
  type TaskDelivery,
} from '@bailiwick/bus'
import { type DelegateRequest, describeInput, runLoop } from '@bailiwick/core'
import {
  type AgentDefinition,
  BRAND,
  hasCode,
  type Journal,
  type JournalRecord,
  NO_USAGE,
  type Sandbox,
  type TaskResult,
  type TaskSpec,
  type Tool,
} from '@bailiwick/core/contract'
import { modelFor } from './model-for.ts'

export interface WorkOptions {
  bus: Bus
  definition: AgentDefinition
  delivery: TaskDelivery
  /** Tools that the definition brings with it: called here, not over the bus. */
  own: readonly Tool[]
  importsFrom: string
  env: NodeJS.ProcessEnv
  host: string
  sandbox: Sandbox
  signal: AbortSignal
  /** Told of what made a delivery be tried again. */
  note(line: string): void
}

/** A task that was given to more hosts than this without an end is given up: it may be what kills them. */
export const MAX_DELIVERIES = 5

/** After this a task that somebody else has taken over is offered again, unless that host is at work on it. */
const TAKEN_OVER_MS = 30_000

/** Works on one delivered task from its journal, and settles the delivery after its end is committed. */
export async function workOnTask(options: WorkOptions): Promise<void> {
  const { bus, definition, delivery } = options
  try {
    const journal = openJournal(bus, { writer: definition.name, run: delivery.run, task: delivery.task })
    const records: JournalRecord[] = []
    for await (const record of journal.read()) records.push(record)
    const [first] = records
    if (first?.type !== 'task.created')
      return delivery.reject(`its journal begins with "${first?.type ?? 'nothing'}"`)
    if (records.at(-1)?.type !== 'task.ended') {
      if (delivery.attempts > MAX_DELIVERIES) await giveUp(journal, delivery.attempts)
      else
        await runTask(options, first.spec, {
          read: () => replayed(records),
          append: (more) => journal.append(more),
        })
    }
    await delivery.ack()
  } catch (error) {
    if (hasCode(error, 'fenced')) delivery.retry(TAKEN_OVER_MS)
    else if (hasCode(error, 'suspended')) delivery.retry(0)
    else {
      options.note(
        `task ${delivery.task} is tried again later: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      )
      delivery.retry()
    }
  }
}

async function runTask(options: WorkOptions, spec: TaskSpec, journal: Journal): Promise<void> {
  const { bus, definition, own, importsFrom, env, host, signal } = options
  const from = { agent: definition.name, run: spec.run, task: spec.task }
  const tools = spec.grant.tools.map(
    (card) => own.find(({ name }) => name === card.name) ?? remoteTool(bus, card, definition.name),
  )
  const loop = runLoop({
    definition,
    spec,
    journal,
    tools,
    model: modelFor(definition, spec, env),
    importsFrom,
    signal,
    delegate: (request) => startDelegate(options, spec, request),
    host: { id: host, engine: { node: process.version, v8: process.versions.v8, bailiwick: BRAND.subjects } },
    ...(spec.grant.level === 5 ? { sandbox: options.sandbox } : {}),
  })
  for await (const event of loop) {
    if (event.type !== 'record') publishLive(bus, from, event)
  }
}

/** Asks the coordinator; the slot is free meanwhile, or two agents could wait for each other's for ever. */
async function startDelegate(
  { bus, definition, delivery }: WorkOptions,
  spec: TaskSpec,
  request: DelegateRequest,
): Promise<TaskResult> {
  const back = delivery.releaseSlot()
  try {
    const { run, task } = spec
    const { call, target, text, signal } = request
    const inputs = Object.entries(request.inputs).map(([name, value]) => ({
      name,
      value,
      description: describeInput(name, value),
    }))
    const wanted = { call, key: `${task}/${call}`, run, task, target, text, inputs }
    return await requestDelegation(bus, definition.name, wanted, signal)
  } finally {
    await back()
  }
}

async function giveUp(journal: Journal, deliveries: number): Promise<void> {
  const message = `${deliveries - 1} hosts began this task and none ended it: it is given up`
  const result: TaskResult = {
    status: 'failed',
    error: { code: 'hosts-died', message },
    usage: NO_USAGE,
    artifacts: [],
  }
  await journal.append([{ type: 'task.ended', at: Date.now(), result }])
}

/** What was read once is not read again; the fence stands where that reading ended. */
async function* replayed(records: JournalRecord[]): AsyncGenerator<JournalRecord> {
  yield* records
}
