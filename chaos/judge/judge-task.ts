import type { Entry, JournalRecord } from './evidence.ts'

/**
 * Checks that a task's journal is complete and in order: created first, ended once and last, attempts, steps and turns
 * numbered without a gap, one reply and one end for each step, at most one outcome for each call and only for calls that
 * code made, and no divergence.
 *
 * @param entries the records of this task
 */
export function judgeTask(
  task: string,
  entries: readonly Entry[],
  { mayDiverge = false }: { mayDiverge?: boolean } = {},
): string[] {
  const problems: string[] = []
  const records = entries.map(({ record }) => record)
  const report = (problem: string) => problems.push(`${task}: ${problem}`)
  const count = (type: string) => records.filter((record) => record.type === type).length
  if (records[0]?.type !== 'task.created') report(`begins with ${records[0]?.type}`)
  if (records.at(-1)?.type !== 'task.ended') report(`its last record is ${records.at(-1)?.type}`)
  for (const type of ['task.created', 'task.ended'])
    if (count(type) !== 1) report(`${count(type)} records ${type}`)
  if (new Set(entries.map(({ writer }) => writer)).size > 1) report('two agents wrote its journal')
  const progress = new TaskProgress(report)
  for (const record of records) if (!mayDiverge || record.type !== 'task.diverged') progress.next(record)
  return problems
}

/** Follows a task through its records. */
class TaskProgress {
  #attempt = 0
  /** The last step with a reply, the last that started, and the last that ended. */
  #replied = 0
  #started = 0
  #ended = 0
  #turn = -1
  #calls = new Set<string>()
  #settled = new Set<string>()
  #report: (problem: string) => void

  constructor(report: (problem: string) => void) {
    this.#report = report
  }

  next(record: JournalRecord): void {
    const { type } = record
    const step = Number(record.step)
    if (type === 'task.started')
      this.#attempt = this.#expectNext('attempt', this.#attempt, Number(record.attempt))
    if (type === 'step.replied') {
      this.#replied = this.#expectNext('reply to step', this.#replied, step)
      if (this.#ended !== step - 1) this.#report(`step ${step} got a reply before the previous step ended`)
    }
    if (type === 'step.started') {
      this.#started = step
      this.#turn = -1
      if (this.#replied !== step) this.#report(`step ${step} runs code without a reply of the model`)
    }
    if (type === 'turn.committed' || type === 'turn.voided') {
      if (this.#started !== step) this.#report(`a turn of step ${step} in step ${this.#started}`)
      this.#turn = this.#expectNext(`turn of step ${step}`, this.#turn, Number(record.turn))
    }
    if (type === 'turn.committed') for (const { id } of record.calls as { id: string }[]) this.#calls.add(id)
    if (type === 'call.ended' || type === 'call.late') this.#settle(String(record.call))
    if (type === 'step.ended') this.#ended = this.#expectNext('end of step', this.#ended, step)
    if (type === 'task.diverged')
      this.#report(`diverged: ${String(record.recorded)} ≠ ${String(record.replayed)}`)
  }

  #expectNext(what: string, before: number, found: number): number {
    if (found !== before + 1) this.#report(`${what} ${found} follows ${before}`)
    return found
  }

  #settle(call: string): void {
    if (!this.#calls.has(call)) this.#report(`call ${call} has an outcome but was never made`)
    if (this.#settled.has(call)) this.#report(`call ${call} has two outcomes`)
    this.#settled.add(call)
  }
}
