/** A task's first journal message: where it is stored, and its text. */
export interface FirstMessage {
  sequence: number
  text: string
}

/** Characters of a first message that travels with the bell. */
const SMALL = 32 * 1024
const KEPT = 1_000

/**
 * First messages of journals, by subject, on their way from who creates a task to who is given it: the
 * bell carries them, so that a new task is begun without reading its journal, which costs more than all
 * the rest. Only the first delivery of the first bell relies on it, and where the journal has gone on
 * meanwhile (the task was canceled while it waited), the fence tells at the first append.
 */
export class FirstRecords {
  readonly #messages = new Map<string, FirstMessage>()

  keep(subject: string, message: FirstMessage): void {
    if (message.text.length > SMALL) return
    this.#messages.set(subject, message)
    const oldest = this.#messages.size > KEPT ? this.#messages.keys().next().value : undefined
    if (oldest !== undefined) this.#messages.delete(oldest)
  }

  /** Gives it away: whoever asks again has to read. */
  take(subject: string): FirstMessage | undefined {
    const message = this.#messages.get(subject)
    this.#messages.delete(subject)
    return message
  }
}
