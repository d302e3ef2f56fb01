import {
  type AgentDefinition,
  type AgentEvent,
  BailiwickError,
  type Journal,
  type JournalRecord,
  type Model,
  NO_USAGE,
  type Sandbox,
  type TaskResult,
  type TaskSpec,
  type Tool,
  taskSpecOf,
} from '@bailiwick/contract'
import { defineAgent, definedGrant, type LoopOptions, runLoop } from '@bailiwick/core'
import { memoryJournal } from '@bailiwick/core/journal'
import { scriptedModel } from '@bailiwick/core/testing'
import { replayTask } from '@bailiwick/core/world'
import { createSandbox } from '@bailiwick/sandbox'
import type { Expected } from './read-fixture.ts'
import { type AttemptEnd, type Scenario, TOOLS } from './scenarios.ts'

/** The definition of a scenario's agent. */
export function definitionOf({ agent }: Scenario): AgentDefinition {
  return defineAgent({ name: 'tester', description: 'Works in fixtures.', ...agent })
}

/** Runs a scenario with the real loop and a real sandbox, and returns the task's whole journal. */
export async function runScenario(scenario: Scenario): Promise<JournalRecord[]> {
  const definition = definitionOf(scenario)
  const { attempts = [{ kind: 'end' }], change } = scenario
  const spec: TaskSpec = {
    run: 'r1',
    owner: 'user',
    task: `r1-${scenario.name}`,
    agent: definition.name,
    name: 't1',
    text: 'How many people live in Norway and Iceland?',
    inputs: [],
    results: {},
    grant: definedGrant(definition),
    seed: 'seed',
    depth: 0,
    ...scenario.spec,
  }
  const clock = newClock()
  const model = scriptedModel(scenario.replies)
  let records: JournalRecord[] = [{ type: 'task.created', at: clock(), ...spec }]
  for (const [index, end] of attempts.entries()) {
    if (index > 0 && index === attempts.length - 1) records = changed(scenario, records, clock)
    const host = { id: `host-${index + 1}`, engine: ENGINE }
    // Each attempt has its own sandbox, because one that dies does not return its world.
    await using sandbox = await createSandbox()
    const loop = { definition, model, sandbox, host, now: clock, ...peopleAndDelegates(scenario) }
    records = await runAttempt(loop, records, end)
  }
  if (change === 'hosts-died') {
    const error = { code: 'hosts-died', message: '5 hosts in a row took this task and died' }
    records.push({ type: 'task.ended', at: clock(), status: 'failed', error, usage: NO_USAGE, artifacts: [] })
  }
  if (change === 'queue-full') {
    const error = { code: 'queue-full', message: 'The queue of tester is full.' }
    records.push({
      type: 'task.ended',
      at: clock(),
      status: 'rejected',
      error,
      usage: NO_USAGE,
      artifacts: [],
    })
  }
  return records
}

/** The versions that recorded the fixtures. */
const ENGINE = { node: process.version, v8: process.versions.v8, bailiwick: 'v1' }

/** Advances a millisecond per reading, so that journals do not depend on the machine's speed. */
function newClock(): () => number {
  let now = Date.UTC(2026, 0, 1)
  return () => {
    now += 1
    return now
  }
}

/** Answers for a scenario's people and delegates. */
function peopleAndDelegates({ decision, delegates }: Scenario): Pick<LoopOptions, 'approve' | 'delegate'> {
  return {
    ...(decision && { approve: async () => ({ ...decision, by: 'ada' }) }),
    ...(delegates && {
      delegate: async ({ target }) => {
        const result: TaskResult = {
          status: 'completed',
          usage: NO_USAGE,
          artifacts: [],
          ...delegates[target],
        }
        return result
      },
    }),
  }
}

async function runAttempt(
  loop: Omit<LoopOptions, 'journal' | 'spec' | 'tools'>,
  records: JournalRecord[],
  end: AttemptEnd,
): Promise<JournalRecord[]> {
  const [first] = records
  if (first?.type !== 'task.created') throw new Error('expected a journal that begins with task.created')
  const journal = memoryJournal(records)
  const died = Promise.withResolvers<void>()
  const die = () => {
    died.resolve()
    return new Promise<never>(() => {})
  }
  const stop = new AbortController()
  const waiting = (signal: AbortSignal): Promise<unknown> => {
    if (end.kind === 'crash') return die()
    const code = end.kind === 'suspend' ? 'suspended' : 'canceled'
    stop.abort(new BailiwickError(code, 'the fixture says so'))
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }
  const tools = TOOLS.map(
    (tool): Tool =>
      tool.name === 'wait' && 'during' in end ? { ...tool, run: (_, { signal }) => waiting(signal) } : tool,
  )
  const dying = 'type' in end ? crashJournal(journal, end, die) : journal
  const events = runLoop({ ...loop, spec: taskSpecOf(first), journal: dying, tools, signal: stop.signal })
  const over = drain(events).catch((error: unknown) => {
    if (end.kind !== 'suspend') throw error
  })
  await Promise.race([over, died.promise])
  return journal.records
}

async function drain(events: AsyncIterable<AgentEvent>): Promise<void> {
  for await (const _ of events);
}

/** A journal whose process dies once the record is durable. */
function crashJournal(
  journal: Journal,
  { type, count = 1 }: { type: string; count?: number },
  die: () => Promise<never>,
): Journal {
  let seen = 0
  return {
    read: () => journal.read(),
    async append(records) {
      for (const [index, record] of records.entries()) {
        if (record.type === type) seen += 1
        if (seen < count) continue
        await journal.append(records.slice(0, index + 1))
        return die()
      }
      return journal.append(records)
    },
  }
}

function changed({ change, spec }: Scenario, records: JournalRecord[], clock: () => number): JournalRecord[] {
  switch (change) {
    case 'alter-code':
      return records.map((record) =>
        record.type === 'step.started' && record.step === 1
          ? { ...record, code: record.code.replace('Norway', 'Iceland') }
          : record,
      )
    case 'damage-checkpoint':
      return records.map((record) =>
        record.type === 'step.checkpointed' ? { ...record, text: record.text.slice(0, -20) } : record,
      )
    case 'continue': {
      const inputs = [{ name: 'more', description: 'more: number 2', value: 2 }]
      return [...records, { type: 'task.continued', at: clock(), text: 'And with `more`?', inputs, ...spec }]
    }
    case 'fork':
      return forked(records, 3)
    default:
      return records
  }
}

/** The records of another task that starts from a step of this one, as the coordinator writes them. */
function forked(records: readonly JournalRecord[], at: number): JournalRecord[] {
  const beyond = records.findIndex(
    (record) => 'step' in record && record.step !== undefined && record.step > at,
  )
  return records.slice(0, beyond).flatMap((record): JournalRecord[] => {
    switch (record.type) {
      case 'task.created':
        return [{ ...record, task: `${record.task}-2`, seed: 'other seed' }]
      case 'task.started':
      case 'task.suspended':
      case 'task.ended':
        return []
      case 'step.started':
        return [{ ...record, seed: record.seed ?? 'seed' }]
      case 'step.replied':
        return [{ ...record, usage: NO_USAGE }]
      default:
        return [record]
    }
  })
}

/** Replays a journal's code, and returns the status of each step. Empty if the task ran no code. */
export async function replayFixture(
  records: readonly JournalRecord[],
  sandbox: Sandbox,
): Promise<Expected['replay']> {
  if (!records.some(({ type }) => type === 'step.started')) return []
  const replayed: Expected['replay'] = []
  for await (const { step, status } of replayTask({ records, sandbox })) replayed.push([step, status])
  return replayed
}

/**
 * Resumes a task from part of its journal, to the end of its present chapter. The model gives the recorded replies and
 * tools the recorded outcomes. Replies that the journal does not hold are made up, so that every task ends.
 *
 * @param records the task's whole journal
 * @param length how many of them the resumed task has
 */
export async function resume(
  scenario: Scenario,
  records: readonly JournalRecord[],
  length: number,
  sandbox: Sandbox,
): Promise<JournalRecord[]> {
  const [first] = records
  if (first?.type !== 'task.created') throw new Error('expected a journal that begins with task.created')
  const journal = memoryJournal(records.slice(0, length))
  const events = runLoop({
    definition: definitionOf(scenario),
    spec: taskSpecOf(first),
    journal,
    tools: recordedTools(records),
    model: recordedModel(records, length, first.grant.level),
    sandbox,
    host: { id: 'host-of-test', engine: ENGINE },
    ...peopleAndDelegates(scenario),
  })
  await drain(events)
  return journal.records
}

/** The records of the chapter in which the first `length` records end. */
export function chapterOf(records: readonly JournalRecord[], length: number): readonly JournalRecord[] {
  const isStart = ({ type }: JournalRecord) => type === 'task.created' || type === 'task.continued'
  const from = records.slice(0, length).findLastIndex(isStart)
  const next = records.findIndex((record, index) => index > from && isStart(record))
  return records.slice(from, next < 0 ? records.length : next)
}

function recordedModel(records: readonly JournalRecord[], length: number, level: number): Model {
  const replies = chapterOf(records, length).filter((record) => record.type === 'step.replied')
  const answers = ['done', 'none', 'done', '', '', '<code>\nfinalAnswer("done")\n</code>']
  return scriptedModel(({ lane }) => {
    const recorded = replies[lane.step - 1]
    if (recorded !== undefined) return recorded
    if (level === 3 || level === 4) return { calls: [{ name: 'finalAnswer', arguments: { answer: 'done' } }] }
    return answers[level] ?? 'done'
  })
}

function recordedTools(records: readonly JournalRecord[]): Tool[] {
  return TOOLS.map((tool) => ({
    ...tool,
    run: (input, context) => {
      const outcome = records.find(
        (record) =>
          (record.type === 'call.ended' || record.type === 'call.late') && record.call === context.id,
      )
      if (outcome?.type !== 'call.ended' && outcome?.type !== 'call.late') return tool.run(input, context)
      if (outcome.ok) return tool.run(input, context)
      return Promise.reject(new Error(outcome.message))
    },
  }))
}
