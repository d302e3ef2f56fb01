/**
 * Runs the corpus against the real executor, in a process of its own that does nothing else, so that
 * what it measures of itself is what a guest costs its host: the worst pause of the main thread in
 * CPU time, and memory. Prints one JSON report.
 */

import { readFileSync } from 'node:fs'
import type { Observation, StepHost } from '@bailiwick/contract/world'
import { createSandbox } from '@bailiwick/sandbox'
import { corpus } from './corpus.ts'
import type { Snippet } from './snippet.ts'

const LIMITS = { wallMs: 4_000, cpuMs: 8_000, memoryMb: 48, residentMb: 400, waitMs: 700 }
const AT_ONCE = 2
/** A row over this is tried again. */
const PAUSE_MS = 10

/** What only time stops is stopped soon. */
const WALL_MS: Record<string, number> = { endless: 250, memory: 1_500 }

export interface CorpusReport {
  ran: number
  failures: string[]
  endings: Record<string, number>
  worstPauseMs: number
  worstPauseIn: string
  /** Memory of its own; the pages of Node's binary, shared by every Node process, are not in it. */
  privateMb: number
}

const tools: Record<string, (args: Record<string, unknown>) => unknown> = {
  echo: (args) => args,
  count: ({ x }) => (x as unknown[]).length,
  fails: () => {
    throw new Error('it failed')
  },
  slow: () => new Promise(() => {}),
  constructor: () => 'constructor',
  thenable: () => Object.fromEntries([['then', 'not a function']]),
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
        return { id, ms: 0, ok: false, reason: 'error', message: (error as Error).message }
      }
    },
  }
}

function privateMb(): number {
  if (process.platform !== 'linux') return process.memoryUsage.rss() / 1_048_576
  const [, kb] = readFileSync('/proc/self/status', 'utf8').match(/RssAnon:\s+(\d+) kB/) ?? []
  return Number(kb) / 1_024
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
  privateMb: 0,
}
let underWay = ''
/** Longest pause by row. */
const pauses = new Map<string, number>()

/** CPU time of this thread between two readings a millisecond apart: an upper bound of any one pause. */
let last = process.threadCpuUsage()
const clock = setInterval(() => {
  const now = process.threadCpuUsage()
  const ms = (now.user + now.system - last.user - last.system) / 1_000
  last = now
  pauses.set(underWay, Math.max(ms, pauses.get(underWay) ?? 0))
  report.privateMb = Math.max(report.privateMb, privateMb())
}, 1)

await using sandbox = await createSandbox({ pool: AT_ONCE, limits: LIMITS })

async function attempt(family: string, [tries, must, code, preview]: Snippet): Promise<void> {
  const name = `${family}: ${tries}`
  await using session = await sandbox.open({
    inputs: {},
    functions,
    imports: [],
    seed: name,
    limits: { wallMs: WALL_MS[family] ?? LIMITS.wallMs },
  })
  await session.execute({ step: 1, code: 'let kept = "kept"', clock: 1 }, host())
  const seen = await session.execute({ step: 2, code, clock: 1 }, host())
  const came = ending(seen)
  report.ran += 1
  report.endings[came] = (report.endings[came] ?? 0) + 1
  const fits = must === came || (must === 'either' && ['done', 'refused', 'stopped'].includes(came))
  if (!fits)
    report.failures.push(
      `${name}: must be ${must}, was ${came} (${seen.status} ${seen.error?.name}: ${seen.error?.message?.slice(0, 200)})`,
    )
  else if (preview !== undefined && seen.preview !== preview) {
    report.failures.push(`${name}: must show ${preview}, shows ${seen.preview.slice(0, 200)}`)
  }
  let after = await session.execute({ step: 3, code: 'kept', clock: 1 }, host())
  // A heap that the step left full is full for the next step too: it is told, and has a fresh one after.
  if (after.lost !== undefined) after = await session.execute({ step: 4, code: 'kept', clock: 1 }, host())
  if (after.preview !== 'kept')
    report.failures.push(`${name}: the world after it shows ${JSON.stringify(after).slice(0, 300)}`)
}

// Everything once, unmeasured: compiling our own code is not what a guest costs.
await attempt('warm-up', ['a call', 'done', 'await echo({}); finalAnswer(1)'])
await attempt('warm-up', ['a stop', 'stopped', 'for (;;);'])
report.ran = 0
report.endings = {}

const only = process.argv[2]
const rows = Object.entries(corpus).flatMap(([family, snippets]) =>
  snippets.map((snippet) => ({ family, snippet })),
)
const queue = rows.filter(
  ({ family, snippet }) => only === undefined || `${family}: ${snippet[0]}`.includes(only),
)
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      underWay = `${next.family}: ${next.snippet[0]}`
      try {
        await attempt(next.family, next.snippet)
      } catch (error) {
        report.failures.push(`${underWay}: the sandbox threw ${String(error)}`)
      }
    }
  }),
)

// Caches that another program emptied make the same work longer: what a row costs is the least it takes.
for (const { family, snippet } of rows) {
  underWay = `${family}: ${snippet[0]}`
  let least = pauses.get(underWay) ?? 0
  for (let again = 0; least > PAUSE_MS && again < 4; again += 1) {
    pauses.delete(underWay)
    await attempt(family, snippet)
    report.ran -= 1
    least = Math.min(least, pauses.get(underWay) ?? 0)
  }
  if (least > report.worstPauseMs) Object.assign(report, { worstPauseMs: least, worstPauseIn: underWay })
}
clearInterval(clock)
console.log(JSON.stringify(report))
