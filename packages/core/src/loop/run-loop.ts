import type { AgentEvent } from '../contract/event.ts'
import type { JournalRecord } from '../contract/journal.ts'
import { levelSchema } from '../contract/level.ts'
import type { TaskResult } from '../contract/task.ts'
import { outputSchema } from '../define/define-agent.ts'
import { BailiwickError, hasCode } from '../errors/bailiwick-error.ts'
import { ExhaustedError } from '../errors/exhausted-error.ts'
import { createGate } from '../gate/create-gate.ts'
import { JournalWriter } from '../journal/journal-writer.ts'
import { applyRecord, foldRecords } from '../memory/task-state.ts'
import { systemPrompt } from '../prompts/level-prompts.ts'
import { taskPrompt } from '../prompts/task-prompt.ts'
import { CodeWorld } from './code-world.ts'
import { EventQueue } from './event-queue.ts'
import { runSteps } from './run-steps.ts'
import type { LoopOptions, TaskRun } from './task-run.ts'

/**
 * Works on one task until it has ended: think, act, observe. Events come in order; the last is the
 * `task.ended` record. A journal that holds records already is resumed: no model call is repeated, and no
 * tool called again but as its effect allows.
 *
 * @throws FencedError when another host took the task over: nothing more was written
 */
export async function* runLoop(options: LoopOptions): AsyncGenerator<AgentEvent> {
  const queue = new EventQueue<AgentEvent>()
  const abandoned = new AbortController()
  const signal = AbortSignal.any([
    abandoned.signal,
    ...(options.signal === undefined ? [] : [options.signal]),
  ])
  const work = workOn(options, queue, signal).then(
    () => queue.end(),
    (error: unknown) => queue.fail(error),
  )
  try {
    yield* queue
  } finally {
    abandoned.abort(new BailiwickError('suspended', 'nobody listens to this task any more'))
    await work
  }
}

async function workOn(
  options: LoopOptions,
  queue: EventQueue<AgentEvent>,
  signal: AbortSignal,
): Promise<void> {
  const { spec, journal, now = Date.now } = options
  const origin = { run: spec.run, task: spec.task, agent: spec.agent, level: spec.grant.level }
  const tell = (record: JournalRecord) => queue.push({ ...origin, type: 'record', record })
  const records: JournalRecord[] = []
  for await (const record of journal.read()) records.push(record)
  const writer = new JournalWriter(journal, tell)
  if (records.length === 0) {
    const created: JournalRecord = { type: 'task.created', at: now(), spec }
    records.push(created)
    writer.write(created)
  }
  const state = foldRecords(records)
  const last = records.at(-1)
  if (last?.type === 'task.ended') return tell(last)

  const record = (next: JournalRecord) => {
    applyRecord(state, next)
    writer.write(next)
  }
  record({
    type: 'attempt',
    at: now(),
    attempt: state.attempts + 1,
    host: options.host?.id ?? 'in-process',
    engine: options.host?.engine ?? { node: process.version, v8: process.versions.v8, bailiwick: '' },
    level: levelSchema.parse(spec.grant.level),
  })
  const schema = spec.output ?? outputSchema(options.definition)
  const deadline =
    spec.deadline === undefined ? [] : [AbortSignal.timeout(Math.max(0, spec.deadline - now()))]
  const run: TaskRun = {
    options,
    state,
    signal: AbortSignal.any([signal, ...deadline]),
    schema,
    head: {
      system: systemPrompt({
        definition: options.definition,
        instructions: spec.instructions ?? options.definition.instructions,
        grant: spec.grant,
        output: schema,
      }),
      task: taskPrompt(spec),
    },
    gate: createGate({ ...options, state, now, write: record, flushed: () => writer.flushed() }),
    now,
    record,
    flushed: () => writer.flushed(),
    live: (event) => queue.push({ ...origin, ...event }),
  }
  await writer.flushed()
  await using world = new CodeWorld(run)
  const result = await runSteps(run, world).catch((error: unknown) => failed(run, error))
  record({ type: 'task.ended', at: now(), result })
  await writer.flushed()
}

/** How a task ends that could not go on. What must not be written as an end is thrown on. */
async function failed(run: TaskRun, error: unknown): Promise<TaskResult> {
  if (hasCode(error, 'fenced')) throw error
  const { usage, spec } = run.state
  const ended = (
    status: TaskResult['status'],
    code: string,
    message: string,
    limit?: string,
  ): TaskResult => ({
    status,
    error: { code, message, ...(limit === undefined ? {} : { limit }) },
    usage,
    artifacts: [],
  })
  if (run.signal.aborted) {
    const reason: unknown = run.signal.reason
    if (hasCode(reason, 'suspended')) throw reason
    const late = spec.deadline !== undefined && run.now() >= spec.deadline
    return late
      ? ended('exhausted', 'exhausted', 'the task ran into its deadline', 'wallMs')
      : ended('canceled', 'canceled', reason instanceof Error ? reason.message : 'the task was canceled')
  }
  if (error instanceof ExhaustedError) return ended('exhausted', 'exhausted', error.message, error.limit)
  const code = BailiwickError.isInstance(error) ? error.code : 'internal'
  return ended('failed', code, error instanceof Error ? error.message : String(error))
}
