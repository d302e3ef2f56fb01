import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { putEntry, readEntry, type StoredEntry } from '../bucket/entry.ts'
import type { Bus } from '../connect/bus.ts'
import { BUCKETS } from '../protocol/places.ts'
import { type Checkpoint, type Progress, parseCheckpoint, progressOf } from './checkpoint.ts'

const KEY = 'projector'

/** A lease that did not change for so long is free. Milliseconds. */
const FREE_AFTER_MS = 10_000
/** The holder stops after so long without a renewal, before the lease is free for others. Milliseconds. */
const SAFE_MS = 7_000
/** How often the holder renews the lease, and how often others look at it. Milliseconds. */
export const RENEW_MS = 1_000
/** How long to try to give the lease back. Without that, others wait for `FREE_AFTER_MS`. Milliseconds. */
const RELEASE_MS = 2_000
/** Attempts at replacing replies of the server that a user had stored under the key. */
const MAX_REPAIRS = 100

/** Ends the work of a holder whose lease is taken or may be. */
export class LeaseLost extends Error {}

/** Only the holder publishes events. It keeps the checkpoint in the lease. */
export class Lease {
  readonly #bus: Bus
  readonly #coordinator: string
  readonly #holder = randomUUID()
  #revision = 0
  #renewedAt = Number.NEGATIVE_INFINITY
  #progress: Progress | undefined
  #wasHeld = false

  constructor(bus: Bus, coordinator: string) {
    this.#bus = bus
    this.#coordinator = coordinator
  }

  /**
   * Waits until the lease is free, and takes it. A lease is free at once if its holder shut down in order, or was an
   * earlier process of this coordinator.
   *
   * @param begin says how far the events are published if there is no checkpoint
   * @param waits is called once if another coordinator holds the lease
   */
  async take(
    begin: (isNew: boolean) => Promise<Progress>,
    waits: (holder: string) => void,
    signal: AbortSignal,
  ): Promise<Progress> {
    let known = -1
    let since = 0
    for (let tried = 1; ; tried += 1) {
      const { value, revision } = await this.#read(signal)
      if (revision !== known) {
        known = revision
        since = performance.now()
      }
      if (this.#isFree(value, revision) || performance.now() - since >= FREE_AFTER_MS) {
        const progress = value === undefined ? await begin(revision === 0) : progressOf(value)
        if (await this.#put(progress, revision, signal)) {
          this.#wasHeld = true
          return progress
        }
        continue
      }
      if (tried === 3) waits(value?.coordinator ?? 'unknown')
      await sleep(RENEW_MS, undefined, { signal })
    }
  }

  /** Renews the lease with the present progress. @throws LeaseLost if another coordinator has taken it */
  async renew(progress: Progress, signal: AbortSignal): Promise<void> {
    if (await this.#put(progress, this.#revision, signal)) return
    // A user can have a reply of the server stored under the key. That takes no lease, so replace it.
    for (let tried = 0; tried < MAX_REPAIRS; tried += 1) {
      this.check()
      const { value, revision } = await this.#read(signal)
      if (value !== undefined) break
      if (await this.#put(progress, revision, signal)) return
    }
    throw new LeaseLost('another coordinator publishes events')
  }

  /** Renews the lease until the work is done. @returns the result of the work */
  async keep<T>(progress: Progress, work: Promise<T>, signal: AbortSignal): Promise<T> {
    let isDone = false
    const done = work.finally(() => {
      isDone = true
    })
    done.catch(() => {})
    for (;;) {
      const paused = new AbortController()
      const pause = sleep(RENEW_MS, undefined, { signal: paused.signal }).catch(() => {})
      await Promise.race([done, pause])
      paused.abort()
      if (isDone) return done
      await this.renew(progress, signal)
    }
  }

  /** @throws LeaseLost if the lease was not renewed for so long that another coordinator may soon take it */
  check(): void {
    if (performance.now() - this.#renewedAt > SAFE_MS)
      throw new LeaseLost('the lease was not renewed in time')
  }

  /** Gives the lease back with the last progress. Does nothing if it is not held. */
  async release(progress: Progress | undefined): Promise<void> {
    const last = progress ?? this.#progress
    if (last === undefined) return
    const free: Checkpoint = { ...last, v: 1, at: Date.now() }
    const signal = AbortSignal.timeout(RELEASE_MS)
    try {
      for (;;) {
        const { value, revision } = await this.#read(signal)
        if (value?.holder !== this.#holder) return
        const options = { expect: revision, signal }
        // It fails if a renewal was still on its way.
        if ((await putEntry(this.#bus, BUCKETS.coordinators, KEY, free, options)) !== undefined) return
      }
    } catch {
      // The server is away, or the connection is closed: others take the lease a few seconds later.
    }
  }

  #isFree(value: Checkpoint | undefined, revision: number): boolean {
    if (value === undefined) return revision === 0
    if (value.coordinator === undefined || value.holder === this.#holder) return true
    // Later, it may be the process of a copy of the data directory.
    return value.coordinator === this.#coordinator && !this.#wasHeld
  }

  #read(signal: AbortSignal): Promise<StoredEntry<Checkpoint>> {
    return readEntry(this.#bus, BUCKETS.coordinators, KEY, parseCheckpoint, signal)
  }

  async #put(progress: Progress, expect: number, signal: AbortSignal): Promise<boolean> {
    const began = performance.now()
    const own = { v: 1 as const, coordinator: this.#coordinator, holder: this.#holder, at: Date.now() }
    const value: Checkpoint = { ...progress, ...own }
    const revision = await putEntry(this.#bus, BUCKETS.coordinators, KEY, value, { expect, signal })
    if (revision === undefined) return false
    this.#revision = revision
    this.#renewedAt = began
    this.#progress = progress
    return true
  }
}
