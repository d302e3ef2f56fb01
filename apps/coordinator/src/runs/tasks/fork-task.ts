import type { Bus } from '@bailiwick/bus'
import { type Fork, InputError, type JournalRecord, NO_USAGE, type TaskSpec } from '@bailiwick/contract'
import { readTask } from '../fold/read-task.ts'

/** What a forked task begins with. */
export interface ForkedTask {
  /** The same world: inputs and results are the other task's. From the step on its randomness is its own. */
  spec: Pick<TaskSpec, 'text' | 'inputs' | 'results'>
  agent: string
  /** The other task's records up to the step, but for its attempts, and with nothing paid again. */
  records: JournalRecord[]
}

/**
 * Reads what another task did up to a step.
 *
 * @throws InputError where there is no such task or step
 */
export async function forkTask(bus: Bus, { run, task, at }: Fork): Promise<ForkedTask> {
  const [first, ...rest] = await readTask(bus, run, task)
  if (first?.type !== 'task.created') throw new InputError(`${task} is no task that can be forked`)
  const steps = new Set(rest.flatMap((record) => (record.type === 'step.ended' ? [record.step] : [])))
  if (at > 0 && !steps.has(at)) {
    const last = Math.max(0, ...steps)
    throw new InputError(`task ${task} has no step ${at} that ended: wanted 0 to ${last}`)
  }
  const beyond = rest.findIndex((record) => 'step' in record && record.step > at)
  const kept = beyond < 0 ? rest : rest.slice(0, beyond)
  const { text, seed, inputs, results, agent } = first
  return {
    spec: { text, inputs, results },
    agent,
    records:
      at === 0 ? [] : kept.filter(({ type }) => !NOT_KEPT.has(type)).map((record) => before(record, seed)),
  }
}

/** An attempt's time and host are its own; an answer would end the task before it went on. */
const NOT_KEPT = new Set<JournalRecord['type']>(['task.started', 'task.suspended', 'task.ended'])

/** A record as it stands before a fork: paid already, and random as it was. */
function before(record: JournalRecord, seed: string): JournalRecord {
  if (record.type === 'step.started') return { ...record, seed: record.seed ?? seed }
  if (record.type === 'step.ended') {
    const { final: _, ...rest } = record
    return rest
  }
  return record.type === 'step.replied' ? { ...record, usage: NO_USAGE } : record
}
