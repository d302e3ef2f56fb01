/** Something that answers requests, and can leave them to others, or to later, for a moment. */
export interface Serving {
  pause(): void
  resume(): void
}

/**
 * Questions and answers under way on a connection, in either direction. They do not survive it: an answer on
 * its way is lost, and who was asked on it may answer on no other.
 */
export class Exchanges {
  readonly #servings = new Set<Serving>()
  readonly #waiting = new Set<() => void>()
  #open = 0

  /** One begins; the returned function ends it. */
  begin(): () => void {
    let isOpen = true
    this.#open += 1
    return () => {
      if (!isOpen) return
      isOpen = false
      this.#open -= 1
      if (this.#open === 0) for (const listener of [...this.#waiting]) listener()
    }
  }

  /** Makes known who answers requests here, until the returned function is called. */
  serve(serving: Serving): () => void {
    this.#servings.add(serving)
    return () => this.#servings.delete(serving)
  }

  /**
   * Waits until nothing is under way, takes no requests for a moment, and acts, unless one had come already.
   *
   * @param arrived resolves when everything that was sent here before has arrived
   */
  async atRest(arrived: () => Promise<void>, act: () => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#rest(signal)
    const servings = [...this.#servings]
    for (const serving of servings) serving.pause()
    try {
      await arrived()
      if (this.#open === 0) await act()
    } finally {
      for (const serving of servings) if (this.#servings.has(serving)) serving.resume()
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#open === 0) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const aborted = () => reject(signal.reason)
    this.#waiting.add(resolve)
    signal.addEventListener('abort', aborted, { once: true })
    await promise.finally(() => {
      this.#waiting.delete(resolve)
      signal.removeEventListener('abort', aborted)
    })
  }
}
