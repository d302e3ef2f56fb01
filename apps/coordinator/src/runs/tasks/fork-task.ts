import type { Bus } from '@bailiwick/bus'
import { type Fork, InputError, type JournalRecord, NO_USAGE, type TaskSpec } from '@bailiwick/contract'
import { readTask } from '../state/read-journals.ts'

/** The beginning of a forked task. */
export interface ForkedTask {
  /** The inputs and results of the other task, so that the world is the same. After the step, the seed is the fork's own. */
  spec: Pick<TaskSpec, 'text' | 'inputs' | 'results' | 'resultFiles'>
  agent: string
  /** The other task's records up to the step, without its attempts and usage. */
  records: JournalRecord[]
}

/**
 * Reads the beginning of a fork from another task's journal.
 *
 * @throws InputError if there is no such task or step
 */
export async function forkTask(bus: Bus, { run, task, at }: Fork): Promise<ForkedTask> {
  const [first, ...rest] = await readTask(bus, run, task)
  if (first?.type !== 'task.created') {
    throw new InputError(`Expected the journal of a task, found "${task}". Only tasks can be forked.`)
  }
  const steps = new Set(rest.flatMap((record) => (record.type === 'step.ended' ? [record.step] : [])))
  if (at > 0 && !steps.has(at)) {
    const last = Math.max(0, ...steps)
    throw new InputError(`Expected a step of task ${task} from 0 to ${last}, found ${at}.`)
  }
  const beyond = rest.findIndex((record) => 'step' in record && record.step > at)
  const kept = beyond < 0 ? rest : rest.slice(0, beyond)
  const { text, seed, inputs, results, resultFiles, agent } = first
  return {
    spec: { text, inputs, results, ...(resultFiles && { resultFiles }) },
    agent,
    records:
      at === 0 ? [] : kept.filter(({ type }) => !SKIPPED.has(type)).map((record) => copyRecord(record, seed)),
  }
}

/** Attempts belong to the other task's hosts, and its end would end the fork at once. */
const SKIPPED = new Set<JournalRecord['type']>([
  'task.started',
  'task.suspended',
  'task.waiting',
  'task.ended',
])

/** Copies a record into a fork: its usage is already paid, and its randomness stays the same. */
function copyRecord(record: JournalRecord, seed: string): JournalRecord {
  if (record.type === 'step.started') return { ...record, seed: record.seed ?? seed }
  if (record.type === 'step.ended') {
    const { final: _, ...rest } = record
    return rest
  }
  return record.type === 'step.replied' ? { ...record, usage: NO_USAGE } : record
}
