/** A journal's first message. */
export interface FirstMessage {
  /** In the stream of journals. */
  sequence: number
  text: string
}

/** The largest first message that travels with a bell, in characters. */
const MAX_CHARS = 32 * 1024
const MAX_KEPT = 1_000

/**
 * First messages of journals by subject. A task's first bell carries this message from the creator to the host,
 * because reading a new journal would cost the host more than everything else. Only the first delivery of the first
 * bell uses it. If the journal has grown meanwhile (the task was canceled while it waited), the fence rejects the
 * host's first append.
 */
export class FirstRecords {
  readonly #messages = new Map<string, FirstMessage>()

  keep(subject: string, message: FirstMessage): void {
    if (message.text.length > MAX_CHARS) return
    this.#messages.set(subject, message)
    const oldest = this.#messages.size > MAX_KEPT ? this.#messages.keys().next().value : undefined
    if (oldest !== undefined) this.#messages.delete(oldest)
  }

  /** Returns the message once; the next reader has to read the journal. */
  take(subject: string): FirstMessage | undefined {
    const message = this.#messages.get(subject)
    this.#messages.delete(subject)
    return message
  }
}
