import { type Bus, openJournal, publishLive, remoteTool, type TaskDelivery } from '@bailiwick/bus'
import {
  type AgentDefinition,
  BRAND,
  hasCode,
  type Journal,
  type JournalRecord,
  type Sandbox,
  type TaskSpec,
  taskSpecOf,
} from '@bailiwick/contract'
import { runLoop } from '@bailiwick/core'
import { ownTools } from '../definition/check-in-process.ts'
import type { Models } from '../models.ts'
import { fruitlessAttempts, giveUp, MAX_FRUITLESS } from './fruitless.ts'
import type { Questions } from './questions.ts'
import { startDelegate } from './start-delegate.ts'

/** What a host works on every task with. */
export interface Workplace {
  bus: Bus
  definition: AgentDefinition
  /** This process's name on the bus. */
  host: string
  importsFrom: string
  models: Models
  sandbox: Sandbox
  questions: Questions
  /** Told of what made a delivery be tried again. */
  note(line: string): void
}

/**
 * After this a task that is in other hands is offered again, unless a sign of work comes in between: the
 * server counts such a sign for the message, whichever delivery it belongs to.
 */
const TAKEN_OVER_MS = 30_000

/** Takes a task to its end, or leaves it for the next host. Settles the delivery in every case. */
export async function workOnTask(
  workplace: Workplace,
  delivery: TaskDelivery,
  signal: AbortSignal,
): Promise<void> {
  try {
    const problem = await work(workplace, delivery, signal)
    if (problem === undefined) delivery.ack()
    else delivery.reject(problem)
  } catch (error) {
    if (hasCode(error, 'fenced')) await letGo(workplace, delivery)
    else if (hasCode(error, 'suspended')) delivery.leave()
    else {
      const [why, stack] = error instanceof Error ? [error.message, error.stack] : [String(error)]
      workplace.note(`task ${delivery.task} is tried again later: ${stack ?? why}`)
      delivery.fail(why)
    }
  }
}

/** Settles the delivery of a task that somebody else has appended to: one that has ended is offered to nobody again. */
async function letGo(workplace: Workplace, delivery: TaskDelivery): Promise<void> {
  // What cannot be read now is read, and told of, when it is offered again.
  if (await hasEnded(workplace, delivery).catch(() => false)) delivery.ack()
  else delivery.retry(TAKEN_OVER_MS)
}

async function hasEnded({ bus, definition }: Workplace, { run, task }: TaskDelivery): Promise<boolean> {
  for await (const { type } of openJournal(bus, { writer: definition.name, run, task }).read()) {
    if (type === 'task.ended') return true
  }
  return false
}

/** @returns why this can be nobody's task, or nothing once the task has ended */
async function work(
  workplace: Workplace,
  delivery: TaskDelivery,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { bus, definition } = workplace
  const journal = openJournal(bus, { writer: definition.name, run: delivery.run, task: delivery.task })
  const records: JournalRecord[] = []
  for await (const record of journal.read()) records.push(record)
  const [first] = records
  if (first?.type !== 'task.created') return `its journal begins with "${first?.type ?? 'nothing'}"`
  if (records.at(-1)?.type === 'task.ended') return undefined
  const fruitless = fruitlessAttempts(records)
  if (fruitless >= MAX_FRUITLESS) await giveUp(journal, fruitless)
  else await runTask(workplace, delivery, taskSpecOf(first), attemptJournal(records, journal), signal)
  return undefined
}

async function runTask(
  workplace: Workplace,
  delivery: TaskDelivery,
  spec: TaskSpec,
  journal: Journal,
  signal: AbortSignal,
): Promise<void> {
  const { bus, definition, host, importsFrom, models, questions, sandbox } = workplace
  const own = new Map(ownTools(definition).map((tool) => [tool.name, tool]))
  const loop = runLoop({
    definition,
    spec,
    journal,
    tools: spec.grant.tools.map((card) => own.get(card.name) ?? remoteTool(bus, card, definition.name)),
    model: models.of(definition, spec.model),
    delegate: (request) => startDelegate(bus, definition.name, delivery, request),
    approve: questions.approve(delivery),
    host: { id: host, engine: { node: process.version, v8: process.versions.v8, bailiwick: BRAND.subjects } },
    importsFrom,
    sandbox,
    signal,
  })
  const from = { agent: definition.name, run: spec.run, task: spec.task }
  for await (const event of loop) {
    if (event.type !== 'record') publishLive(bus, from, event)
  }
}

/** The journal for one attempt: it is not fetched a second time. Its fence stands where the first reading ended. */
function attemptJournal(records: readonly JournalRecord[], journal: Journal): Journal {
  return {
    async *read() {
      yield* records
    },
    append: (more) => journal.append(more),
  }
}
