/** A map of bounded size, which forgets what was not used for the longest time. */
export class Recent<Key, Value> {
  readonly #max: number
  readonly #values = new Map<Key, Value>()

  constructor(max: number) {
    this.#max = max
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key)
    if (value !== undefined) this.set(key, value)
    return value
  }

  set(key: Key, value: Value): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    const oldest = this.#values.size > this.#max ? this.#values.keys().next() : undefined
    if (oldest?.done === false) this.#values.delete(oldest.value)
  }

  clear(): void {
    this.#values.clear()
  }
}
