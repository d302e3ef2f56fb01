/**
 * Runs the corpus in real sandboxes and measures what a guest costs its host: the worst pause of the main thread in CPU
 * time, and memory. Needs a process of its own, which does nothing else. Prints one JSON report.
 */
import { errorText, type Observation, type StepHost } from '@bailiwick/contract/world'
import { createSandbox } from '../../src/index.ts'
import { privateMb, slowness } from '../pause-clock.ts'
import { corpus } from './corpus.ts'
import type { Snippet } from './snippet.ts'
import { tools } from './tools.ts'

const LIMITS = { cpuMs: 10_000, memoryMb: 48, residentMb: 400, waitMs: 700 }
const CONCURRENCY = 4
/** Rows with a longer pause run again, alone. */
const PAUSE_MS = 10

/** A row that must end by itself has time to do so even on a busy machine. */
const ENDS_MS = 30_000
/** A row that only a limit stops is stopped soon. */
const STOPPED_MS: Record<string, number> = { endless: 200, memory: 1_500 }
const MAY_STOP_MS = 500
/** A small heap is full sooner. */
const MEMORY_MB: Record<string, number> = { memory: 24 }

export interface CorpusReport {
  ran: number
  failures: string[]
  endings: Record<string, number>
  worstPauseMs: number
  worstPauseIn: string
  /** Private memory before the first row. It excludes Node's binary, which all Node processes share. */
  startMb: number
  /** The most private memory at any time. */
  worstMb: number
}

interface Row {
  name: string
  snippet: Snippet
  limits: { wallMs: number; memoryMb: number }
  pauseMs: number
}

const functions = Object.keys(tools).map((name) => ({ name, description: name, input: {} }))

function host(): StepHost {
  return {
    signal: new AbortController().signal,
    now: Date.now,
    async call({ id, name, args }) {
      try {
        return { id, ms: 0, ok: true, value: await tools[name]?.(args as Record<string, unknown>) }
      } catch (error) {
        return { id, ms: 0, ok: false, reason: 'error', message: errorText(error) }
      }
    },
  }
}

function rowOf(family: string, snippet: Snippet): Row {
  const [tries, must] = snippet
  const stopped = must === 'stopped' ? (STOPPED_MS[family] ?? MAY_STOP_MS) : MAY_STOP_MS
  const endsItself = must === 'done' || must === 'refused'
  const limits = {
    wallMs: endsItself ? ENDS_MS : stopped,
    memoryMb: MEMORY_MB[family] ?? LIMITS.memoryMb,
  }
  return { name: `${family}: ${tries}`, snippet, limits, pauseMs: 0 }
}

function ending({ status, lost }: Observation): string {
  if (lost !== undefined || status === 'timeout') return 'stopped'
  return status === 'ok' ? 'done' : 'refused'
}

const report: CorpusReport = {
  ran: 0,
  failures: [],
  endings: {},
  worstPauseMs: 0,
  worstPauseIn: '',
  startMb: 0,
  worstMb: 0,
}
const running = new Set<Row>()

/** Attributes to all running rows the CPU time of this thread between two readings: an upper bound of any one pause. */
let last = process.threadCpuUsage()
const clock = setInterval(() => {
  const now = process.threadCpuUsage()
  const ms = (now.user + now.system - last.user - last.system) / 1_000
  last = now
  for (const row of running) row.pauseMs = Math.max(row.pauseMs, ms)
  report.worstMb = Math.max(report.worstMb, privateMb())
}, 1)

await using sandbox = await createSandbox({ pool: CONCURRENCY, limits: LIMITS })

/** Runs a row in a fresh world, which must go on afterwards. Returns what is wrong. */
async function attempt({ name, snippet, limits }: Row): Promise<string | undefined> {
  const [, must, code, preview] = snippet
  await using session = await sandbox.open({
    inputs: {},
    functions,
    imports: [],
    seed: name,
    limits,
  })
  await session.execute({ step: 1, code: 'let kept = "kept"', clock: 1 }, host())
  const seen = await session.execute({ step: 2, code, clock: 1 }, host())
  const found = ending(seen)
  report.endings[found] = (report.endings[found] ?? 0) + 1
  if (must !== found && must !== 'either') {
    const { status, error } = seen
    return `must be ${must}, was ${found} (${status} ${error?.name}: ${error?.message.slice(0, 200)})`
  }
  if (preview !== undefined && seen.preview !== preview)
    return `must show ${preview}, shows ${seen.preview.slice(0, 200)}`
  let after = await session.execute({ step: 3, code: 'kept', clock: 1 }, host())
  // If the row left the heap full, a turn of the next step is voided, and the step after it has a fresh heap.
  if (after.lost !== undefined) after = await session.execute({ step: 4, code: 'kept', clock: 1 }, host())
  return after.preview === 'kept'
    ? undefined
    : `the world after it shows ${JSON.stringify(after).slice(0, 300)}`
}

async function run(row: Row): Promise<void> {
  running.add(row)
  try {
    const failure = await attempt(row)
    if (failure !== undefined) report.failures.push(`${row.name}: ${failure}`)
  } catch (error) {
    report.failures.push(`${row.name}: the sandbox threw ${errorText(error)}`)
  } finally {
    running.delete(row)
  }
}

// Run once without measuring, so that our own code is compiled.
await run(rowOf('warm-up', ['a call', 'done', 'await echo({}); finalAnswer(1)']))
await run(rowOf('warm-up', ['a stop', 'stopped', 'for (;;);']))
report.endings = {}
report.startMb = privateMb()

const only = process.argv[2]
const rows = Object.entries(corpus)
  .flatMap(([family, snippets]) => snippets.map((snippet) => rowOf(family, snippet)))
  .filter(({ name }) => only === undefined || name.includes(only))
const queue = [...rows]
await Promise.all(
  Array.from({ length: CONCURRENCY }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await run(next)
  }),
)
report.ran = rows.length

// Alone, a row has no other row's pauses. A busy machine makes it slower, so its least pause on an idle one counts.
for (const row of rows) {
  for (let again = 0; row.pauseMs > PAUSE_MS && again < 4; again += 1) {
    const before = row.pauseMs
    row.pauseMs = 0
    last = process.threadCpuUsage()
    await run(row)
    row.pauseMs = Math.min(before, row.pauseMs / slowness())
  }
  if (row.pauseMs > report.worstPauseMs) {
    report.worstPauseMs = row.pauseMs
    report.worstPauseIn = row.name
  }
}
clearInterval(clock)
console.log(JSON.stringify(report))
