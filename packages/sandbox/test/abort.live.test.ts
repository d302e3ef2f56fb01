import { setTimeout as sleep } from 'node:timers/promises'
import type { Sandbox, StepHost } from '@bailiwick/contract/world'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSandbox } from '../src/index.ts'
import { useBubblewrap } from '../src/testing/use-bubblewrap.ts'

await useBubblewrap()

/** A step must end this soon after an abort, ms. Measured beside a plain timer, because the machine may be busy. */
const MAX_ABORT_MS = 500

/** The abort comes this long after the start of the code. An earlier state must end as soon, ms. */
const INTO_STATE_MS = 150

const never = () => new Promise<never>(() => {})

const FILLS_MEMORY = 'const all = []; for (;;) all.push(new Array(1e5).fill(1.5))'
/** What the code does when the abort comes, the code, and steps to run before it. */
const STATES: [state: string, code: string, before?: string[]][] = [
  ['runs', 'for (;;);'],
  ['runs microtasks', 'for (;;) await null'],
  ['waits for a call', 'await slow({})'],
  ['waits for a timer', 'await sleep(60_000)'],
  ['waits for a call and then cleans up for ever', 'try { await slow({}) } finally { for (;;); }'],
  ['waits for a call and then ignores the cancel', 'for (;;) try { await slow({}) } catch { await null }'],
  [
    'waits for a call with a poisoned prelude',
    'Object.defineProperty(Object.prototype, "get", { get() { for (;;); } }); await slow({})',
  ],
  ['runs after an outcome', 'await quick({}); for (;;);'],
  ['has ended and waits for a call that it did not await', 'slow({}); 1'],
  ['has ended by its limit of calls', 'for (;;) slow({})'],
  ['prints without end', 'for (;;) console.log("x".repeat(1_000))'],
  ['fills its memory', FILLS_MEMORY],
  [
    'rebuilds a world that takes long',
    '1',
    ['const began = Date.now(); let sum = 0; for (let i = 0; i < 3e8; i++) sum += i', FILLS_MEMORY],
  ],
]

describe('an abort', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await createSandbox({ limits: { wallMs: 20_000, cpuMs: 20_000 } })
  })
  afterAll(() => sandbox[Symbol.asyncDispose]())

  it.each(STATES)('ends a step that %s', { timeout: 60_000 }, async (_, code, before = []) => {
    const functions = ['slow', 'quick'].map((name) => ({ name, description: name, input: {} }))
    await using session = await sandbox.open({ inputs: {}, functions, imports: [], seed: 's' })
    const hostOf = (signal: AbortSignal): StepHost => ({
      signal,
      now: Date.now,
      call: async ({ id, name }) => (name === 'slow' ? never() : { id, ms: 0, ok: true, value: 1 }),
    })
    const { signal: calm } = new AbortController()
    let step = 0
    for (const source of before) {
      step += 1
      await session.execute({ step, code: source, clock: 1 }, hostOf(calm))
    }
    step += 1
    const abort = new AbortController()
    const stepped = session.execute({ step, code, clock: 1 }, hostOf(abort.signal))
    await sleep(INTO_STATE_MS)
    const began = performance.now()
    // The delay of a timer shows how busy the machine is.
    let busyMs = 0
    setTimeout(() => {
      busyMs = performance.now() - began - MAX_ABORT_MS / 2
    }, MAX_ABORT_MS / 2)
    abort.abort(new Error('enough'))
    const seen = await stepped
    const ms = performance.now() - began
    expect(ms - 2 * Math.max(0, busyMs), JSON.stringify(seen)).toBeLessThan(MAX_ABORT_MS)
    expect(['canceled', 'ok', 'out-of-memory', 'error']).toContain(seen.status)
    const next = await session.execute({ step: step + 1, code: '1 + 1', clock: 1 }, hostOf(calm))
    expect(next.preview).toBe('2')
  })
})
