import { COORDINATOR, type StoredAppend } from '@bailiwick/bus'

/** When an agent's appends count as a flood, which is read apart from the appends of all others. */
export const FLOOD_LIMITS = {
  /** With fewer appends waiting, the flood is over. */
  calmAppends: 100,
  /** With more appends waiting, or more bytes, somebody appends more than one reader can read. */
  appends: 2_000,
  bytes: 4 * 1024 * 1024,
  /** The share of the last appends from which on their writer is the one. Two can be it at the same time. */
  share: 0.25,
} as const

/** How many of the last appends decide. */
const WINDOW = 500
/** Reading an append takes as long as reading so many bytes. */
const BYTES_PER_APPEND = 1_000

/** Whose appends a reader of all journals has read last. */
export class WriterShares {
  readonly #weights = new Map<string, number>()
  #total = 0
  #appends = 0
  /** The last append's size, smoothed, and the appends that wait after it. */
  #bytes = 0
  #behind = 0

  count({ writer, bytes, behind }: StoredAppend): void {
    this.#bytes += (bytes - this.#bytes) / 16
    this.#behind = behind
    if (this.#appends === WINDOW) {
      for (const [name, weight] of this.#weights) this.#weights.set(name, weight / 2)
      this.#total /= 2
      this.#appends = 0
    }
    const weight = BYTES_PER_APPEND + bytes
    this.#weights.set(writer, (this.#weights.get(writer) ?? 0) + weight)
    this.#total += weight
    this.#appends += 1
  }

  /** The agents that append more than the reader can read. Usually none. */
  flooding(): string[] {
    const isBehind = this.#behind > FLOOD_LIMITS.appends || this.#behind * this.#bytes > FLOOD_LIMITS.bytes
    if (!isBehind) return []
    return [...this.#weights].flatMap(([name, weight]) =>
      name !== COORDINATOR && weight > FLOOD_LIMITS.share * this.#total ? [name] : [],
    )
  }
}
