import type { ControlRequest, TaskDelivery } from '@bailiwick/bus'
import type { Approve } from '@bailiwick/core'

type PersonDecision = Omit<ControlRequest<'decide'>, 'task' | 'call'>

/** Calls of this host that wait for a person. The journal has the questions; only this object has the waiting calls. */
export class Questions {
  readonly #open = new Map<string, (decision: PersonDecision) => void>()

  /** Asks for one task. The slot is free meanwhile: a person may take hours. */
  approve(delivery: TaskDelivery): Approve {
    return async ({ id }, signal) => {
      signal.throwIfAborted()
      const key = `${delivery.task}/${id}`
      const takeSlotBack = delivery.releaseSlot()
      const { promise, resolve, reject } = Promise.withResolvers<PersonDecision>()
      const giveUp = () => reject(signal.reason)
      signal.addEventListener('abort', giveUp, { once: true })
      this.#open.set(key, resolve)
      try {
        return await promise
      } finally {
        this.#open.delete(key)
        signal.removeEventListener('abort', giveUp)
        void takeSlotBack()
      }
    }
  }

  /** @returns whether a call here waited for the decision */
  decide({ task, call, ...decided }: ControlRequest<'decide'>): boolean {
    const resolve = this.#open.get(`${task}/${call}`)
    resolve?.(decided)
    return resolve !== undefined
  }
}
