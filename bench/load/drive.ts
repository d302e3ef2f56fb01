import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Bus,
  eventName,
  followEvents,
  type RunRequestInput,
  requestRun,
} from '../../packages/bus/dist/index.js'

/** A coordinator that takes longer to reply to a submission counts as broken. */
const SUBMIT_MS = 60_000

/** What one run took, ms. */
export interface Took {
  /** From the request to the arrival of `run.ended`. */
  total: number
  /** From the time of the record of the run's end to the arrival of its event. */
  lag: number
}

/** Waits for ends of runs: one reader of events for all of them. */
export class Ends implements AsyncDisposable {
  readonly #waiting = new Map<string, (at: number) => void>()
  readonly #ended = new AbortController()
  readonly #reading: Promise<void>
  /** Events that have arrived, by name. */
  readonly counts = new Map<string, number>()

  constructor(bus: Bus) {
    this.#reading = this.#read(bus)
  }

  /** @returns the time of the record of the run's end, Unix milliseconds */
  of(run: string): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(run, resolve))
  }

  async #read(bus: Bus): Promise<void> {
    for await (const { event } of followEvents(bus, { from: 'new', signal: this.#ended.signal })) {
      const name = eventName(event.type) ?? event.type
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
      if (name !== 'run.ended') continue
      this.#waiting.get(event.run)?.(Date.parse(event.time))
      this.#waiting.delete(event.run)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    await this.#reading
  }
}

/** The work of {@link driveRuns} and {@link submitRuns}. */
export interface Work {
  /** Runs in all, and at the same time. */
  count: number
  window: number
  /** Beginning of the runs' ids. */
  prefix: string
  request: Omit<RunRequestInput<'submit'>, 'run'>
  /** Starts no further run after so many milliseconds. */
  maxMs?: number
}

/** Does runs, and waits for the end of each. */
export async function driveRuns(
  bus: Bus,
  ends: Ends,
  work: Work,
): Promise<{ took: Took[]; seconds: number }> {
  const took: Took[] = []
  const began = performance.now()
  await inWindow(work, async (run) => {
    const before = performance.now()
    const end = ends.of(run)
    await requestRun(bus, 'submit', { run, ...work.request }, { waitMs: SUBMIT_MS })
    const endedAt = await end
    took.push({ total: performance.now() - before, lag: Math.max(0, Date.now() - endedAt) })
  })
  return { took, seconds: (performance.now() - began) / 1_000 }
}

/** Submits runs without waiting for their ends. @returns how long each submit took, ms */
export async function submitRuns(bus: Bus, work: Work): Promise<number[]> {
  const took: number[] = []
  await inWindow(work, async (run) => {
    const before = performance.now()
    await requestRun(bus, 'submit', { run, ...work.request }, { waitMs: SUBMIT_MS })
    took.push(performance.now() - before)
  })
  return took
}

async function inWindow(
  { count, window, prefix, maxMs = Number.POSITIVE_INFINITY }: Work,
  doRun: (run: string) => Promise<void>,
): Promise<void> {
  const until = performance.now() + maxMs
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(window, count) }, async () => {
      while (next < count && performance.now() < until) await doRun(`${prefix}-${next++}`)
    }),
  )
}

/** Checks a condition until it holds. */
export async function until(isSo: () => boolean, everyMs = 250): Promise<void> {
  while (!isSo()) await sleep(everyMs)
}

export function quantile(values: readonly number[], q: number): number {
  return (
    values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
  )
}
