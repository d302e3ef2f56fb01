import type { JournalRecord } from './evidence.ts'
import type { Entry } from './journal-entries.ts'

/**
 * Whether a task's journal is whole and in order: created first, ended once and last; hosts counted one by one;
 * steps and turns without a gap; each step answered by a model and observed once; an outcome for each call at
 * most once, and only for calls that code had made; and no replay that went another way.
 *
 * @param entries the records of the task alone
 */
export function judgeTask(task: string, entries: readonly Entry[]): string[] {
  const problems: string[] = []
  const records = entries.map(({ record }) => record)
  const say = (problem: string) => problems.push(`${task}: ${problem}`)
  const count = (type: string) => records.filter((record) => record.type === type).length
  if (records[0]?.type !== 'task.created') say(`begins with ${records[0]?.type}`)
  if (records.at(-1)?.type !== 'task.ended') say(`its last record is ${records.at(-1)?.type}`)
  for (const type of ['task.created', 'task.ended'])
    if (count(type) !== 1) say(`${count(type)} records ${type}`)
  if (new Set(entries.map(({ writer }) => writer)).size > 1) say('two agents have written its journal')
  const place = new Place(say)
  for (const record of records) place.next(record)
  return problems
}

/** Where a task is, record by record. */
class Place {
  #attempt = 0
  /** The step that the model has answered, that code runs in, and that was observed. */
  #replied = 0
  #begun = 0
  #observed = 0
  #turn = -1
  #made = new Set<string>()
  #settled = new Set<string>()
  #say: (problem: string) => void

  constructor(say: (problem: string) => void) {
    this.#say = say
  }

  next(record: JournalRecord): void {
    const { type } = record
    const step = Number(record.step)
    if (type === 'task.started')
      this.#attempt = this.#follow('attempt', this.#attempt, Number(record.attempt))
    if (type === 'step.replied') {
      this.#replied = this.#follow('reply to step', this.#replied, step)
      if (this.#observed !== step - 1) this.#say(`step ${step} was answered before the one before was over`)
    }
    if (type === 'step.started') {
      this.#begun = step
      this.#turn = -1
      if (this.#replied !== step) this.#say(`step ${step} runs code without an answer of the model`)
    }
    if (type === 'turn.committed' || type === 'turn.voided') {
      if (this.#begun !== step) this.#say(`a turn of step ${step} in step ${this.#begun}`)
      this.#turn = this.#follow(`turn of step ${step}`, this.#turn, Number(record.turn))
    }
    if (type === 'turn.committed') for (const { id } of record.calls as { id: string }[]) this.#made.add(id)
    if (type === 'call.ended' || type === 'call.late') this.#settle(String(record.call))
    if (type === 'step.ended') this.#observed = this.#follow('end of step', this.#observed, step)
    if (type === 'task.diverged')
      this.#say(`diverged: ${String(record.recorded)} ≠ ${String(record.replayed)}`)
  }

  #follow(what: string, before: number, found: number): number {
    if (found !== before + 1) this.#say(`${what} ${found} follows ${before}`)
    return found
  }

  #settle(call: string): void {
    if (!this.#made.has(call)) this.#say(`call ${call} has an outcome and was never made`)
    if (this.#settled.has(call)) this.#say(`call ${call} has two outcomes`)
    this.#settled.add(call)
  }
}
