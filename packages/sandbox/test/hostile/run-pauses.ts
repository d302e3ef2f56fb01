/**
 * Sends large values in both directions and measures the longest pause that each causes in this process: CPU time of
 * the main thread between two turns of its event loop. Needs a process of its own. Prints one JSON report.
 */
import { runInThisContext } from 'node:vm'
import { errorText, type StepHost } from '@bailiwick/contract/world'
import { createSandbox } from '../../src/index.ts'
import { leastPause, startPauseClock } from '../pause-clock.ts'

export interface Pause {
  what: string
  status: string
  pauseMs: number
}

/** Expressions for values, each with a size. Guest and host evaluate the same ones. */
const SHAPES: Record<string, (size: number) => string> = {
  'empty lists': (n) => `Array.from({ length: ${n} / 3 }, () => [])`,
  'empty objects': (n) => `Array.from({ length: ${n} / 3 }, () => ({}))`,
  'small objects': (n) => `Array.from({ length: ${n} / 14 }, (_, i) => ({ a: i, b: 1 }))`,
  numbers: (n) => `Array.from({ length: ${n} / 2 }, () => 1)`,
  'long numbers': (n) => `Array.from({ length: ${n} / 20 }, (_, i) => Math.PI * i)`,
  'numbers that JSON does not have': (n) => `Array.from({ length: ${n} / 22 }, () => NaN)`,
  'short texts': (n) => `Array.from({ length: ${n} / 4 }, () => 'a')`,
  'one text': (n) => `'x'.repeat(${n} - 20)`,
  'one text of escapes': (n) => `'\\u0001'.repeat(${n} / 6 - 20)`,
  'one text of quotes': (n) => `'"'.repeat(${n} / 2 - 20)`,
  'one text of wide characters': (n) => `'\\u{1f600}'.repeat(${n} / 2 - 20)`,
  'many keys': (n) => `Object.fromEntries(Array.from({ length: ${n} / 14 }, (_, i) => ['k' + i, 1]))`,
  'a long key': (n) => `({ ['k'.repeat(${n} - 20)]: 1 })`,
  'deep lists': () => `(() => { let v = []; for (let i = 0; i < 1_900; i++) v = [v]; return v })()`,
  'deep objects': () => `(() => { let v = {}; for (let i = 0; i < 1_900; i++) v = { a: v }; return v })()`,
  'deep maps': () =>
    `(() => { let v = 1; for (let i = 0; i < 1_500; i++) v = new Map([[1, v]]); return v })()`,
  dates: (n) => `Array.from({ length: ${n} / 18 }, (_, i) => new Date(i))`,
  'a map': (n) => `new Map(Array.from({ length: ${n} / 12 }, (_, i) => [i, 1]))`,
  'a set': (n) => `new Set(Array.from({ length: ${n} / 8 }, (_, i) => i))`,
  errors: (n) => `Array.from({ length: ${n} / 28 }, () => new Error('e'))`,
  bytes: (n) => `new Uint8Array(${n} * 0.7)`,
  'many bytes': (n) => `Array.from({ length: ${n} / 36 }, () => new Uint8Array(2))`,
  'one BigInt': () => `10n ** 9_999n`,
  BigInts: (n) => `Array.from({ length: ${n} / 10_100 }, () => 10n ** 9_990n)`,
  'a BigInt beyond the limit': (n) => `10n ** ${Math.min(n, 250_000)}n`,
  'a regular expression': () => `new RegExp('\\\\P{L}'.repeat(30_000), 'iv')`,
  'regular expressions': (n) => `Array.from({ length: ${n} / 34 }, () => /(a+)+/g)`,
  'own keys $': (n) => `Array.from({ length: ${n} / 30 }, () => ({ $: ['date', 1] }))`,
  holes: (n) => `new Array(${n} / 20)`,
}

/** A run with a pause of at most this long is not repeated, ms. */
const ENOUGH_MS = 8
const ARGUMENT_CHARS = 255_000
const RESULT_CHARS = 990_000
const ANSWER_CHARS = 1_980_000
/** A tool may return more than the limit. It must not cost more to refuse. */
const BEYOND_CHARS = 4_000_000

const clock = startPauseClock()

await using sandbox = await createSandbox({ pool: 1, limits: { wallMs: 120_000, cpuMs: 120_000 } })

const names = ['give', 'take', 'echo']
const functions = names.map((name) => ({ name, description: name, input: {} }))

async function run(what: string, code: string, result?: unknown): Promise<Pause> {
  let status = ''
  const pauseMs = await leastPause(clock, ENOUGH_MS, async () => {
    await using session = await sandbox.open({ inputs: {}, functions, imports: [], seed: 's' })
    const host: StepHost = {
      signal: new AbortController().signal,
      now: Date.now,
      call: async ({ id, name, args }) => ({ id, ms: 0, ok: true, value: name === 'echo' ? args : result }),
    }
    // What opening the world cost does not count.
    clock.reset()
    const seen = await session
      .execute({ step: 1, code, clock: 1 }, host)
      .catch((error: unknown) => ({ status: `rejected: ${errorText(error)}` }))
    status = seen.status
  })
  return { what, status, pauseMs }
}

const only = process.argv[2]
const pauses: Pause[] = []
const measure = async (what: string, code: string, result?: () => unknown) => {
  if (only === undefined || what.includes(only)) pauses.push(await run(what, code, result?.()))
}
await run('warm-up', 'await echo({ a: [1, {}] }); finalAnswer([1])')
for (const [shape, make] of Object.entries(SHAPES)) {
  const made = (size: number) => runInThisContext(`(${make(size)})`) as unknown
  await measure(`arguments: ${shape}`, `await take({ v: ${make(ARGUMENT_CHARS)} })`)
  await measure(`arguments and result: ${shape}`, `await echo({ v: ${make(ARGUMENT_CHARS)} }); 1`)
  await measure(`result: ${shape}`, 'await give({}); 1', () => made(RESULT_CHARS))
  await measure(`result beyond the limit: ${shape}`, 'await give({}).catch(() => {}); 1', () =>
    made(BEYOND_CHARS),
  )
  await measure(`answer: ${shape}`, `finalAnswer(${make(ANSWER_CHARS)})`)
  await measure(`printed: ${shape}`, `console.log(${make(RESULT_CHARS)})`)
  await measure(`value: ${shape}`, `${make(RESULT_CHARS)}`)
  await measure(`thrown: ${shape}`, `throw ${make(RESULT_CHARS)}`)
}
await measure('many calls', 'await Promise.all(Array.from({ length: 1_000 }, (_, i) => echo({ i }))); 1')
await measure(
  'many large calls',
  `await Promise.all(Array.from({ length: 100 }, () => echo({ v: ${SHAPES['empty lists']?.(ARGUMENT_CHARS)} }))); 1`,
)
await measure('many lines', 'for (let i = 0; i < 100_000; i++) console.log("x")')
console.log(JSON.stringify(pauses))
