/**
 * Measures the sandbox and, in the same run, bare V8, bare pipes, bare Node and other engines.
 *
 *   node bench/sandbox/main.ts [--json file] [--markdown file]
 *
 * Prints a table of medians and ratios. The two sides of each ratio are measured alternately, so that other work on the
 * machine affects both.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  bareNode,
  FIB,
  inProcessIsolate,
  plainV8,
  quickjs,
  rawPipe,
  resident,
  SUM,
  sandboxChildren,
} from './measures.ts'
import { openSession, quietHost, sandboxPackage } from './open-session.ts'
import { describeMachine, ms, Report } from './report.ts'
import { median, times } from './stopwatch.ts'

const { values } = parseArgs({ options: { json: { type: 'string' }, markdown: { type: 'string' } } })
const report = new Report()
const add = report.add.bind(report)

const { isolation, layers } = await sandboxPackage.probeIsolation()
await using sandbox = await sandboxPackage.createSandbox({
  limits: { wallMs: 60_000, cpuMs: 60_000, callsPerStep: 200_000 },
})

// Steps that compute, including the cost of a step.
const other = await quickjs()
for (const [name, code] of [
  ['fib(25) in a step', FIB],
  ['sum to 1e7 in a step', SUM],
] as const) {
  const { session, run } = await openSession(sandbox)
  const [inV8, ours]: [number[], number[]] = [[], []]
  for (let round = 0; round < 25; round += 1) {
    inV8.push(...(await times(1, () => plainV8(code(round)), 0)))
    const empty = (await run('1')).usage.wallMs
    // Subtract an empty step, because the round trip has its own row.
    ours.push((await run(code(round))).usage.wallMs - empty)
  }
  const inQuickjs =
    other === undefined
      ? undefined
      : median(await times(name.startsWith('fib') ? 5 : 2, () => other(code(0)), 1))
  const ratio = median(ours) / median(inV8)
  add(
    {
      measure: name,
      ours: ms(median(ours)),
      beside: `plain V8 ${ms(median(inV8))}${inQuickjs === undefined ? '' : `, quickjs ${ms(inQuickjs)}`}`,
      reached: `${ratio.toFixed(2)}×`,
      toReach: '≤ 1.15× V8',
      holds: ratio <= 1.15,
    },
    { ours: median(ours), plainV8: median(inV8), quickjs: inQuickjs },
  )
  await session[Symbol.asyncDispose]()
}

const pipe = await rawPipe()
const manyTrips = async (count: number) => {
  for (let trip = 0; trip < count; trip += 1) await pipe.once()
}
const rawTrip = median(await times(2_000, () => pipe.once()))
{
  const { session, run } = await openSession(sandbox)
  const floor = inProcessIsolate()
  const inProcess = median(await times(500, () => floor('1')))
  const ours = median(await times(500, () => run('1')))
  const bound = 1.3 * (rawTrip + 0.3)
  add(
    {
      measure: 'empty step in a live session',
      ours: ms(ours),
      beside: `raw round trip of JSON ${ms(rawTrip)}, isolated-vm in process ${ms(inProcess)}`,
      reached: `${(ours / (rawTrip + 0.3)).toFixed(2)}×`,
      toReach: '≤ 1.3× (raw + 0.3 ms)',
      holds: ours <= bound,
    },
    { ours, rawTrip, inProcess },
  )
  const CALLS = 2_000
  const [one, trip]: [number[], number[]] = [[], []]
  for (let round = 0; round < 9; round += 1) {
    // Use the mean of equally many on both sides, so that other work on the machine affects both.
    trip.push(...(await times(1, () => manyTrips(CALLS), 0)))
    one.push(...(await times(1, () => run(`for (let i = 0; i < ${CALLS}; i++) await call({ i })`), 0)))
  }
  const each = median(one.slice(1)) / CALLS
  const rawEach = median(trip.slice(1)) / CALLS
  add(
    {
      measure: 'call, one by one',
      ours: ms(each),
      beside: `raw round trip of JSON ${ms(rawEach)}`,
      reached: `${(each / rawEach).toFixed(2)}×`,
      toReach: '≤ 1.4× raw',
      holds: each / rawEach <= 1.4,
    },
    { ours: each, raw: rawEach },
  )
  const WIDE = 20_000
  const wide = median(
    await times(
      7,
      () =>
        run(
          `for (let i = 0; i < ${WIDE / 100}; i++) await Promise.all(Array.from({ length: 100 }, (_, n) => call({ n })))`,
        ),
      2,
    ),
  )
  const perSecond = WIDE / (wide / 1_000)
  add(
    {
      measure: 'calls, 100 wide',
      ours: `${Math.round(perSecond).toLocaleString('en')} per second`,
      beside: ms(wide / WIDE),
      reached: '',
      toReach: '≥ 60,000 per second',
      holds: perSecond >= 60_000,
    },
    { perSecond },
  )
  const host = { ...quietHost, printed: () => {} }
  const before = process.memoryUsage.rss()
  const printing = median(
    await times(9, () => run('for (let i = 0; i < 10000; i++) console.log("x".repeat(100))', host)),
  )
  const grown = (process.memoryUsage.rss() - before) / 1_048_576
  add(
    {
      measure: '10,000 lines of 100 characters printed',
      ours: ms(printing),
      beside: `memory of the host ${grown < 0 ? '' : '+'}${grown.toFixed(1)} MiB`,
      reached: '',
      toReach: '≤ 60 ms, memory flat',
      holds: printing <= 60,
    },
    { ours: printing, grownMb: grown },
  )
  const [child] = sandboxChildren()
  const bare = await bareNode()
  if (child !== undefined) {
    const { session: fresh, run: runFresh } = await openSession(sandbox)
    await runFresh('1')
    const ours = Math.min(...sandboxChildren().map(resident))
    add(
      {
        measure: 'memory of a sandbox process',
        ours: `${ours.toFixed(1)} MiB`,
        beside: `bare Node ${bare.residentMb.toFixed(1)} MiB`,
        reached: `+${(ours - bare.residentMb).toFixed(1)} MiB`,
        toReach: '≤ bare + 25 MB',
        holds: ours - bare.residentMb <= 25,
      },
      { ours, bare: bare.residentMb },
    )
    await fresh[Symbol.asyncDispose]()
  }
  await session[Symbol.asyncDispose]()
}

// One session per second, so that the spare is warm again each time.
const opened: number[] = []
const cold: number[] = []
for (let round = 0; round < 12; round += 1) {
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  const began = performance.now()
  const { session, run } = await openSession(sandbox)
  await run('1 + 1')
  opened.push(performance.now() - began)
  await session[Symbol.asyncDispose]()
  cold.push((await bareNode()).ms)
}
add(
  {
    measure: 'new session to first result, spare warm',
    ours: ms(median(opened.slice(2))),
    beside: `cold start of Node ${ms(median(cold))}`,
    reached: `${(median(opened.slice(2)) / median(cold)).toFixed(2)}×`,
    toReach: '≤ 10 ms',
    holds: median(opened.slice(2)) <= 10,
  },
  { ours: median(opened.slice(2)), coldNode: median(cold) },
)

// The cost of hashing a world, which happens at the end of every step.
{
  const { session, run } = await openSession(sandbox)
  await run(
    'const rows = Array.from({ length: 10_000 }, (_, i) => ({ id: i, name: "n" + i, value: i / 3, ok: true }))',
  )
  const hashed = median(await times(20, async () => (await run('1')).usage.cpuMs))
  add(
    {
      measure: 'step with 10,000 rows of 4 fields in the world',
      ours: ms(hashed),
      beside: 'the world hash',
      reached: '',
      toReach: 'stated',
      holds: undefined,
    },
    { ours: hashed },
  )
  await session[Symbol.asyncDispose]()
}
pipe.close()

const machine = describeMachine(isolation, layers)
console.log(report.markdown(machine))
if (values.json !== undefined) writeFileSync(values.json, report.json(machine))
if (values.markdown !== undefined) writeFileSync(values.markdown, report.markdown(machine))
process.exit(0)
