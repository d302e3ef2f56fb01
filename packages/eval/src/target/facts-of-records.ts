import type { JournalRecord } from '@bailiwick/contract'
import type { StepFacts } from './wasted-replies.ts'

/** Collects the facts of steps from a task's records as they arrive. Keeps no record. */
export class StepFactsCollector {
  readonly #steps = new Map<number, StepFacts>()

  get steps(): StepFacts[] {
    return [...this.#steps.values()]
  }

  add(record: JournalRecord): void {
    switch (record.type) {
      case 'step.replied':
        if (record.purpose !== 'act') return
        Object.assign(this.#step(record.step), { text: record.text, replied: record.calls })
        return
      case 'step.started':
        this.#step(record.step).code = record.code
        return
      case 'call.started':
        this.#step(record.step).calls.push({
          id: record.call,
          action: `${record.name}(${record.arguments})`,
          ok: false,
          refused: false,
        })
        return
      case 'call.ended': {
        const { ok, call: id, reason, message = '' } = record
        const { calls } = this.#step(record.step)
        const ended = { id, ok, refused: reason === 'refused' }
        const call = calls.find((one) => one.id === id)
        // A call whose arguments are wrong never started.
        if (call === undefined) calls.push({ action: message, ...ended })
        else Object.assign(call, ended)
        return
      }
      case 'call.refused':
        this.#step(record.step).refused = true
        return
      case 'step.ended': {
        const { status, observation, final } = record
        Object.assign(this.#step(record.step), { status, observation, ...(final !== undefined && { final }) })
        return
      }
    }
  }

  #step(step: number) {
    let facts = this.#steps.get(step)
    if (facts === undefined) {
      facts = { step, calls: [], refused: false }
      this.#steps.set(step, facts)
    }
    return facts
  }
}
