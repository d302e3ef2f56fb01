import { type AgentEvent, AsyncQueue, BailiwickError, hasCode, type JournalRecord } from '@bailiwick/contract'
import { canceledResult, failedResult } from '../answer/task-result.ts'
import type { Attempt, LoopOptions } from '../attempt/attempt.ts'
import { withdrawQuestions } from '../gate/ask-person.ts'
import { TaskBudget } from '../gate/budget.ts'
import { createGate } from '../gate/create-gate.ts'
import { ownFunctions } from '../gate/own-functions.ts'
import { JournalWriter } from '../journal/journal-writer.ts'
import { applyRecord, foldTaskWorld, type TaskWorld } from '../journal/task-world.ts'
import { LEVEL_TABLE } from '../levels/level-table.ts'
import { promptHash, systemPrompt } from '../prompts/system-prompt.ts'
import { CodeWorld } from '../world/code-world.ts'
import { runSteps } from './run-steps.ts'
import { TaskTimers } from './task-timers.ts'

/**
 * Works on one task until it ends: thinks, acts, observes. Emits events in order, and each record only once it is
 * durable; the last event is the `task.ended` record, or `task.waiting` if `suspendAfterMs` is set. Resumes a journal that already holds records: no model call
 * is repeated, and a tool is called again only if its effect allows it. If the caller stops iterating, or aborts
 * with a reason of code `suspended`, the task stays open for the next attempt.
 *
 * @throws FencedError if another host has taken the task over; nothing more was written
 * @example
 * for await (const event of runLoop({ definition, spec, journal, tools, model })) console.log(event.type)
 */
export function runLoop(options: LoopOptions): AsyncIterableIterator<AgentEvent> {
  const queue = new AsyncQueue<AgentEvent>()
  const stop = new AbortController()
  let work: Promise<void> | undefined
  return {
    next() {
      work ??= workOn(options, queue, stop).then(
        () => queue.end(),
        (error: unknown) => queue.fail(error),
      )
      return queue.next()
    },
    async return() {
      stop.abort(new BailiwickError('suspended', 'the event stream was closed'))
      await work
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

async function workOn(
  options: LoopOptions,
  queue: AsyncQueue<AgentEvent>,
  stop: AbortController,
): Promise<void> {
  const { spec, journal, now = Date.now } = options
  const origin = { run: spec.run, task: spec.task, agent: spec.agent, level: spec.grant.level }
  const emit = (record: JournalRecord) => queue.push({ ...origin, type: 'record', record })
  const writer = new JournalWriter(journal, emit, (error) => stop.abort(error))
  const records: JournalRecord[] = []
  for await (const record of journal.read()) records.push(record)
  const last = records.at(-1)
  if (last?.type === 'task.ended') return emit(last)
  const isNew = records.length === 0
  if (isNew) {
    const created: JournalRecord = { type: 'task.created', at: now(), ...spec }
    records.push(created)
    writer.write(created)
  }
  const state = foldTaskWorld(records, isNew ? spec : undefined)
  const { delegate, approve, sandbox, inputs, importsFrom } = options
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
  let timers: TaskTimers | undefined
  const record = (next: JournalRecord) => {
    // Suspending a task makes its open calls fail. Those failures are not journaled: the next attempt repeats the calls.
    if (hasCode(signal.reason, 'suspended')) return
    applyRecord(state, next)
    writer.write(next)
    timers?.update()
  }
  const { id: host, engine } = options.host ?? IN_PROCESS
  const { level } = state.spec.grant
  const system = systemPrompt(options.definition, state.spec, options.prompt)
  const number = state.attempt + 1
  // Without a host the journal stays in this process, and nothing compares its prompt later.
  const hash = options.host && { promptHash: promptHash(system) }
  const { limits } = options.definition
  record({
    type: 'task.started',
    at: now(),
    attempt: number,
    host,
    engine,
    level,
    ...hash,
    ...(limits && { limits }),
  })

  const left = new BailiwickError('suspended', 'the task waits for people and delegates')
  const { suspendAfterMs } = options
  using timing = new TaskTimers({ state, now, stop, leave: () => stop.abort(left), suspendAfterMs })
  timers = timing
  const flushed = () => writer.flushed()
  const budget = new TaskBudget(state)
  const tools = new Map(options.tools.map((tool) => [tool.name, tool]))
  const own = new Map(ownFunctions(options.definition, state).map((tool) => [tool.name, tool]))
  const live: Attempt['live'] = (event) => writer.whenFlushed(() => queue.push({ ...origin, ...event }))
  const gate = createGate({
    state,
    budget,
    tools,
    own,
    delegate: delegate && ((request) => timing.during(request.call, (atWork) => delegate(request, atWork))),
    approve:
      approve &&
      ((request, asking) =>
        timing.during(request.id, (reached) => {
          reached()
          return approve(request, asking)
        })),
    retry: options.retry,
    waiting: (step, text, ms) => live({ type: 'waiting', step, text, ms }),
    signal,
    write: record,
    flushed,
    now,
  })
  const printed = (step: number, line: string) => live({ type: 'print', step, line })
  const shared = { state, signal, now, record, flushed }
  try {
    await using world = new CodeWorld({ ...shared, sandbox, inputs, importsFrom, call: gate.call, printed })
    const rules = LEVEL_TABLE[level]
    const parts = { options, rules, gate, world, own, budget, system, live }
    const attempt: Attempt = { ...shared, ...parts, tight: false }
    const result = await runSteps(attempt).catch((error: unknown) => failedResult(attempt, error))
    withdrawQuestions(attempt)
    record({ type: 'task.ended', at: now(), ...result })
    await flushed()
  } catch (error) {
    if (signal.reason === left) return await leaveWaiting(state, writer, now, options.signal)
    if (hasCode(signal.reason, 'suspended'))
      await writer.suspend({ type: 'task.suspended', at: now(), attempt: number })
    throw error
  }
}

/**
 * Records that the task waits without a host. Once this is durable, the host may forget the task. If the task was
 * canceled meanwhile, records its end instead: otherwise the next host would resume it.
 */
async function leaveWaiting(
  state: TaskWorld,
  writer: JournalWriter,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { step = 0, waiting = [] } = state.steps.at(-1) ?? {}
  const { lastAt: since } = state
  if (signal?.aborted && !hasCode(signal.reason, 'suspended')) {
    withdrawQuestions({ state, record: (record) => writer.write(record), now })
    writer.write({ type: 'task.ended', at: now(), ...canceledResult(state, signal) })
  } else writer.write({ type: 'task.waiting', at: now(), step, calls: [...waiting], since })
  await writer.flushed()
}

const IN_PROCESS: NonNullable<LoopOptions['host']> = {
  id: 'in-process',
  engine: { node: process.version, v8: process.versions.v8, bailiwick: '' },
}
