import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two looks at slots that are all taken. A model call takes much longer. */
const POLL_MS = 25
const SQLITE_BUSY = 5

/**
 * Slots that the processes of one machine share, as files in a folder. A slot is held by an exclusive lock on its
 * file, which SQLite takes from the operating system, so a slot is free again when its process ends for any reason.
 */
export class SharedSlots {
  readonly #folder: string
  readonly #name: string
  readonly #slots: number
  readonly #files = new Map<number, DatabaseSync>()
  readonly #held = new Set<number>()

  constructor(folder: string, key: string, slots: number) {
    this.#folder = folder
    this.#name = hash('sha256', key).slice(0, 16)
    this.#slots = slots
  }

  /** Waits for a slot until the signal aborts. Disposing of the slot frees it. */
  async take(signal: AbortSignal): Promise<Disposable> {
    const { DatabaseSync } = await import('node:sqlite')
    for (;;) {
      signal.throwIfAborted()
      for (let slot = 0; slot < this.#slots; slot += 1) {
        const file = this.#held.has(slot) ? undefined : this.#open(slot, DatabaseSync)
        if (file === undefined || !lock(file)) continue
        this.#held.add(slot)
        return {
          [Symbol.dispose]: () => {
            file.exec('ROLLBACK')
            this.#held.delete(slot)
          },
        }
      }
      await sleep(POLL_MS * (0.5 + Math.random()), undefined, { signal })
    }
  }

  #open(slot: number, Database: typeof DatabaseSync): DatabaseSync {
    const known = this.#files.get(slot)
    if (known !== undefined) return known
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const file = new Database(join(this.#folder, `${this.#name}-${slot}`), { timeout: 0 })
    this.#files.set(slot, file)
    return file
  }
}

function lock(file: DatabaseSync): boolean {
  try {
    file.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false
    throw error
  }
}
