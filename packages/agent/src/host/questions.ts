import type { ControlRequest, TaskDelivery } from '@bailiwick/bus'
import type { Approve } from '@bailiwick/core'

type Answer = Omit<ControlRequest<'answer'>, 'task' | 'call'>

/** Calls of this host that wait for a person. Who asks is journaled; who waits is known here alone. */
export class Questions {
  readonly #open = new Map<string, (answer: Answer) => void>()

  /** Asks for one task. The slot is free meanwhile: a person may take hours. */
  approve(delivery: TaskDelivery): Approve {
    return async ({ id }, signal) => {
      signal.throwIfAborted()
      const key = `${delivery.task}/${id}`
      const takeSlotBack = delivery.releaseSlot()
      const { promise, resolve, reject } = Promise.withResolvers<Answer>()
      const giveUp = () => reject(signal.reason)
      signal.addEventListener('abort', giveUp, { once: true })
      this.#open.set(key, resolve)
      try {
        const { approved, by, note } = await promise
        return note === undefined ? { approved, by } : { approved, by, note }
      } finally {
        this.#open.delete(key)
        signal.removeEventListener('abort', giveUp)
        void takeSlotBack()
      }
    }
  }

  /** @returns whether a call here waited for it */
  answer({ task, call, ...answer }: ControlRequest<'answer'>): boolean {
    const resolve = this.#open.get(`${task}/${call}`)
    resolve?.(answer)
    return resolve !== undefined
  }
}
