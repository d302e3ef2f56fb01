import { EventEmitter, on } from 'node:events'
import type { RefusalBatch } from './journal-refusals.ts'

/** Who sends the daemon more than it looks at, as something that was refused. */
export class Floods {
  readonly #emitter = new EventEmitter<{ flood: [user: string, subject: string] }>()

  add(user: string, subject: string): void {
    this.#emitter.emit('flood', user, subject)
  }

  /** From now on, until aborted. What was dropped is not counted: each is at least one. */
  async *follow(signal: AbortSignal): AsyncGenerator<RefusalBatch> {
    try {
      for await (const [user, subject] of on(this.#emitter, 'flood', { signal })) {
        yield { refused: [{ user, action: 'flood', subject }], incomplete: true }
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
