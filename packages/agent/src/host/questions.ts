import type { ControlRequest, TaskDelivery } from '@bailiwick/bus'
import type { Approve } from '@bailiwick/core'

type PersonDecision = Omit<ControlRequest<'decide'>, 'task' | 'call'>

/** Calls of this host that wait for a person. The journal holds the questions; this object holds the waiting calls. */
export class Questions {
  readonly #open = new Map<string, (decision: PersonDecision) => void>()

  /** Asks on behalf of one task. Frees the task's slot meanwhile, because a person may take hours. */
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

  /** Passes a decision to the call that waits for it. @returns false if no call here waits for it */
  decide({ task, call, ...decided }: ControlRequest<'decide'>): boolean {
    const resolve = this.#open.get(`${task}/${call}`)
    resolve?.(decided)
    return resolve !== undefined
  }
}
