/** Something that serves requests and can stop for a moment, so that they go to another process or wait. */
export interface Serving {
  pause(): void
  resume(): void
}

/**
 * Counts requests in progress, in both directions. None survives a break of the connection: a reply in flight is
 * lost, and the receiver of a request may not reply on another connection.
 */
export class Exchanges {
  readonly #servings = new Set<Serving>()
  readonly #waiting = new Set<() => void>()
  #open = 0

  /** Counts one more. @returns a function that ends it */
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

  /** Registers something that serves requests here. @returns a function that removes it */
  serve(serving: Serving): () => void {
    this.#servings.add(serving)
    return () => this.#servings.delete(serving)
  }

  /**
   * Waits until nothing is in progress, pauses serving, and calls `act`, unless another request arrived meanwhile.
   *
   * @param arrived resolves when everything that was sent to this connection before has arrived
   */
  async whenIdle(arrived: () => Promise<void>, act: () => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#idle(signal)
    const servings = [...this.#servings]
    for (const serving of servings) serving.pause()
    try {
      await arrived()
      if (this.#open === 0) await act()
    } finally {
      for (const serving of servings) if (this.#servings.has(serving)) serving.resume()
    }
  }

  async #idle(signal: AbortSignal): Promise<void> {
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
