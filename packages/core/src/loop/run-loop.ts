import { type AgentEvent, AsyncQueue, BailiwickError, hasCode, type JournalRecord } from '@bailiwick/contract'
import { codeWorld } from '../act/run-code.ts'
import { endOf } from '../answer/task-result.ts'
import type { LoopOptions, TaskRun } from '../attempt/attempt.ts'
import { Spending } from '../gate/budget.ts'
import { createGate } from '../gate/create-gate.ts'
import { deadlineOf, startTimer } from '../gate/deadline.ts'
import { ownFunctions } from '../gate/own-functions.ts'
import { applyRecord, foldRecords } from '../journal/fold-records.ts'
import { JournalWriter } from '../journal/journal-writer.ts'
import { LEVEL_TABLE } from '../levels/level-table.ts'
import { promptHash } from '../prompts/prompt-hash.ts'
import { systemPrompt } from '../prompts/system-prompt.ts'
import { runSteps } from './run-steps.ts'

/**
 * Works on one task until it has ended: think, act, observe. Events come in order, records once they are
 * durable; the last is the `task.ended` record. A journal that holds records already is resumed: no model
 * call is repeated, and no tool called again but as its effect allows. Breaking out of the iteration, or
 * aborting with a reason of code `suspended`, leaves the task open for the next attempt.
 *
 * @throws FencedError when another host took the task over: nothing more was written
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
      stop.abort(new BailiwickError('suspended', 'nobody listens to this task any more'))
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
  const tell = (record: JournalRecord) => queue.push({ ...origin, type: 'record', record })
  const writer = new JournalWriter(journal, tell, (error) => stop.abort(error))
  const records: JournalRecord[] = []
  for await (const record of journal.read()) records.push(record)
  const last = records.at(-1)
  if (last?.type === 'task.ended') return tell(last)
  if (records.length === 0) {
    const created: JournalRecord = { type: 'task.created', at: now(), ...spec }
    records.push(created)
    writer.write(created)
  }
  const state = foldRecords(records)
  const { delegate, approve } = options
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([stop.signal, options.signal])
  const record = (next: JournalRecord) => {
    // Leaving a task makes its calls fail: that is no part of the task, and the next attempt makes them again.
    if (hasCode(signal.reason, 'suspended')) return
    applyRecord(state, next)
    writer.write(next)
  }
  const { id: host, engine } = options.host ?? IN_PROCESS
  const { level } = state.spec.grant
  const system = systemPrompt(options.definition, state.spec, options.prompt)
  const attempt = state.attempts + 1
  // A journal in this process's memory outlives nobody who would compare it.
  const hash = options.host && { promptHash: promptHash(system) }
  const { limits } = options.definition
  record({
    type: 'task.started',
    at: now(),
    attempt,
    host,
    engine,
    level,
    ...hash,
    ...(limits && { limits }),
  })

  const deadline = deadlineOf(state.spec, state.startedAt ?? now())
  const timer = deadline === undefined ? undefined : startTimer(deadline - now(), stop)
  const flushed = () => writer.flushed()
  const spending = new Spending(state, deadline)
  const tools = new Map(options.tools.map((tool) => [tool.name, tool]))
  const own = new Map(ownFunctions(options.definition, state).map((tool) => [tool.name, tool]))
  const gate = createGate({ state, spending, tools, own, delegate, approve, write: record, flushed, now })
  const live: TaskRun['live'] = (event) => writer.whenFlushed(() => queue.push({ ...origin, ...event }))
  const given = { options, state, gate, signal, now, record, flushed, live }
  try {
    await using world = codeWorld(given)
    const rules = LEVEL_TABLE[level]
    const run: TaskRun = { ...given, rules, own, spending, deadline, system, world, tight: false }
    const result = await runSteps(run).catch((error: unknown) => endOf(run, error))
    record({ type: 'task.ended', at: now(), ...result })
    await flushed()
  } catch (error) {
    if (hasCode(signal.reason, 'suspended'))
      await writer.leave({ type: 'task.suspended', at: now(), attempt })
    throw error
  } finally {
    clearTimeout(timer)
  }
}

const IN_PROCESS: NonNullable<LoopOptions['host']> = {
  id: 'in-process',
  engine: { node: process.version, v8: process.versions.v8, bailiwick: '' },
}
