import {
  type Bus,
  openJournal,
  publishLive,
  remoteTool,
  requestDelegation,
  type TaskDelivery,
} from '@bailiwick/bus'
import {
  type AgentDefinition,
  BRAND,
  errorText,
  hasCode,
  type Journal,
  type JournalRecord,
  NO_USAGE,
  type Sandbox,
  type TaskResult,
  type TaskSpec,
  taskSpecOf,
} from '@bailiwick/contract'
import { type DelegateRequest, ownTools, runLoop, storedInputs } from '@bailiwick/core'
import type { Models } from '../models.ts'
import type { Questions } from './questions.ts'

/** What a host needs for every task. */
interface Workplace {
  bus: Bus
  definition: AgentDefinition
  /** This process's name on the bus. */
  host: string
  importsFrom: string
  models: Models
  sandbox: Sandbox
  questions: Questions
  /** Leaves a task when its calls have only waited for people and delegates for this long, ms. */
  suspendAfterMs: number
  /** Receives the reason when a delivery fails and the task is retried. */
  note(line: string): void
}

/**
 * A task that another host has taken over is redelivered here after this time, unless that host reports progress
 * before: the server applies a progress report to the message, whichever delivery it came from.
 */
const TAKEN_OVER_MS = 30_000

/** A task fails after this many attempts in a row that journaled nothing, because it may be what kills its hosts. */
export const MAX_ATTEMPTS_WITHOUT_PROGRESS = 5

/**
 * Works on a task until it ends, or leaves it for the next host. Leaves it without a bell if it only waits for people and
 * delegates: the coordinator rings again. Always settles the delivery.
 */
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
    if (hasCode(error, 'fenced')) await settleTakenOver(workplace, delivery)
    else if (hasCode(error, 'suspended')) delivery.leave()
    else {
      const why = errorText(error)
      const detail = (error instanceof Error ? error.stack : undefined) ?? why
      workplace.note(`task ${delivery.task} failed here and will be retried: ${detail}`)
      delivery.fail(why)
    }
  }
}

/** Settles the delivery of a task whose journal another writer has appended to. Acknowledges it if the task has ended. */
async function settleTakenOver(workplace: Workplace, delivery: TaskDelivery): Promise<void> {
  // If the journal cannot be read now, the redelivery reads it and reports the error.
  if (await hasEnded(workplace, delivery).catch(() => false)) delivery.ack()
  else delivery.retry(TAKEN_OVER_MS)
}

async function hasEnded({ bus, definition }: Workplace, { run, task }: TaskDelivery): Promise<boolean> {
  for await (const { type } of openJournal(bus, { writer: definition.name, run, task }).read()) {
    if (type === 'task.ended') return true
  }
  return false
}

/** @returns why no host can work on this task; undefined once the task has ended, or waits without a host */
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
  const attempts = attemptsWithoutProgress(records)
  if (attempts >= MAX_ATTEMPTS_WITHOUT_PROGRESS) await failTask(journal, attempts)
  else await runTask(workplace, delivery, taskSpecOf(first), attemptJournal(records, journal), signal)
  return undefined
}

/** Counts the attempts at the end of a journal that journaled nothing else. An attempt that was suspended does not count. */
function attemptsWithoutProgress(records: readonly JournalRecord[]): number {
  const last = records.findLastIndex(({ type }) => type !== 'task.started' && type !== 'turn.restarted')
  return records.slice(last + 1).filter(({ type }) => type === 'task.started').length
}

async function failTask(journal: Journal, attempts: number): Promise<void> {
  const message = `${attempts} hosts in a row took this task and died without progress, so it is not retried`
  await journal.append([
    {
      type: 'task.ended',
      at: Date.now(),
      status: 'failed',
      error: { code: 'hosts-died', message },
      usage: NO_USAGE,
      artifacts: [],
    },
  ])
}

async function runTask(
  workplace: Workplace,
  delivery: TaskDelivery,
  spec: TaskSpec,
  journal: Journal,
  signal: AbortSignal,
): Promise<void> {
  const { bus, definition, host, importsFrom, models, sandbox, suspendAfterMs } = workplace
  using questions = workplace.questions.open(delivery)
  const own = new Map(ownTools(definition).map((tool) => [tool.name, tool]))
  const loop = runLoop({
    definition,
    spec,
    journal,
    tools: spec.grant.tools.map(
      (card) => own.get(card.name) ?? remoteTool(bus, card, definition.name, undefined, 'texts'),
    ),
    model: models.of(definition, spec.model),
    delegate: (request, atWork) => startDelegate(bus, definition.name, delivery, request, atWork),
    approve: questions.approve,
    ...(delivery.wakes && { suspendAfterMs }),
    host: { id: host, engine: { node: process.version, v8: process.versions.v8, bailiwick: BRAND.subjects } },
    importsFrom,
    sandbox,
    signal,
  })
  for await (const event of loop) {
    if (event.type !== 'record') publishLive(bus, spec, event)
  }
}

/**
 * Asks the coordinator to start a delegate, and waits for its result. Frees the task's slot meanwhile: otherwise two
 * agents that wait for each other's only slot would wait for ever. Afterwards the task continues without waiting for
 * its slot, which may be in use for long. So a host can exceed its slots by one task per returned delegation.
 */
async function startDelegate(
  bus: Bus,
  caller: string,
  delivery: TaskDelivery,
  { call, key, run, task, target, text, inputs, files, budget, signal }: DelegateRequest,
  atWork: () => void,
): Promise<TaskResult> {
  const takeSlotBack = delivery.releaseSlot()
  try {
    const request = {
      call,
      key,
      run,
      task,
      target,
      text,
      inputs: [...storedInputs(inputs), ...files],
      budget,
    }
    return await requestDelegation(bus, caller, request, signal, atWork)
  } finally {
    // A task that is left needs no slot any more.
    if (!hasCode(signal.reason, 'suspended')) void takeSlotBack()
  }
}

/** The journal of one attempt. Reads the records that were read already, and keeps the fence at their end. */
function attemptJournal(records: readonly JournalRecord[], journal: Journal): Journal {
  return {
    async *read() {
      yield* records
    },
    append: (more) => journal.append(more),
  }
}
