/**
 * One round of an agent (a model that answers at once, one tool call, an answer) beside its peers, each in
 * a fresh process; code steps in the guarded sandbox; imports and memory beside their dependencies alone.
 *
 *   node bench/agent/main.ts [--rounds 500] [--json file]
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

interface Round {
  importMs: number
  p50: number
  p95: number
  rssMb: number
}

const PEERS = ['ai', 'openai-agents', 'langgraph', 'mastra']
/** Processes that each subject is measured in. */
const PROCESSES = 5
/** Imports are measured so often, ours and the other side in turn. */
const IMPORTS = 7

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '500' }, json: { type: 'string' } },
})

const ours = round('bailiwick')
const peers = PEERS.map((name) => ({ name, ...round(name) }))
const memory = inFresh<{ p50: number; ten: number }>(['code.ts', 'memory', '200'])
const nats = inFresh<{ p50: number; ten: number }>(['code.ts', 'nats', '200'])
const folding = inFresh<{
  steps: number
  sent: number
  sentEverything: number
  cost: number
  costEverything: number
}>(['memory.ts'])
const imports = {
  core: compareImports('packages/core', ['./dist/index.js'], ['zod']),
  host: compareImports(
    'packages/agent',
    ['./dist/host/index.js'],
    [
      '../core/node_modules/zod/index.js',
      '../bus/node_modules/@nats-io/transport-node/lib/mod.js',
      '../bus/node_modules/@nats-io/jetstream/lib/mod.js',
    ],
  ),
}
const dependencies = round('dependencies').rssMb
const quickest = Math.min(...peers.map(({ p50 }) => p50))

const rows = [
  [
    'level 3, one round with one call, p50',
    us(ours.p50),
    '',
    `≤ 50 µs, faster than every peer (quickest: ${us(quickest)})`,
    ours.p50 <= 0.05 && ours.p50 < quickest,
  ],
  ...peers.map(({ name, p50 }) => [`the same with ${name}`, us(p50), ratio(p50, ours.p50), '', undefined]),
  ['level 5, a step with one call, journal in memory', ms(memory.p50), '', '≤ 0.9 ms', memory.p50 <= 0.9],
  ['level 5, a step with one call, journal on NATS', ms(nats.p50), '', '≤ 1.8 ms', nats.p50 <= 1.8],
  ['ten tools of 100 ms each in one code block', ms(memory.ten), '', '≤ 115 ms', memory.ten <= 115],
  [
    `characters sent over ${folding.steps} steps with observations of 1,000`,
    millions(folding.sent),
    `append everything: ${millions(folding.sentEverything)}; smolagents 1.27: 1.28 M`,
    '',
    undefined,
  ],
  [
    'the same as cost, cached characters at a tenth',
    millions(folding.cost),
    `${ratio(folding.cost, folding.costEverything)} (append everything: ${millions(folding.costEverything)})`,
    '≤ 0.8',
    folding.cost <= 0.8 * folding.costEverything,
  ],
  ...Object.entries(imports).map(([name, { own, alone }]) => [
    `import of ${name === 'core' ? 'core' : 'what a host needs'}`,
    ms(own),
    `${ratio(own, alone)} (dependencies alone: ${ms(alone)})`,
    '≤ 1.3',
    own <= 1.3 * alone,
  ]),
  [
    'resident memory after the rounds, level 3',
    `${ours.rssMb.toFixed(0)} MiB`,
    `dependencies alone: ${dependencies.toFixed(0)} MiB`,
    '≤ dependencies + 25 MB',
    ours.rssMb <= dependencies + 25,
  ],
  ...peers.map(({ name, rssMb }) => [`the same with ${name}`, `${rssMb.toFixed(0)} MiB`, '', '', undefined]),
] as const

console.log(
  `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}-${process.arch}; Node ${process.version}\n`,
)
console.log('| measure | median | beside it | to reach | |\n|---|---|---|---|---|')
for (const [measure, median, beside, reach, ok] of rows) {
  console.log(
    `| ${measure} | ${median} | ${beside} | ${reach} | ${ok === undefined ? '' : ok ? 'yes' : '**no**'} |`,
  )
}
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify({ ours, peers, memory, nats, folding, imports, dependencies }, null, 2)}\n`,
  )
}

/** The medians of some processes: what one of them takes for itself (its compiler, its heap) varies by a quarter. */
function round(subject: string): Round {
  const runs = Array.from({ length: PROCESSES }, () => inFresh<Round>(['round.ts', subject, values.rounds]))
  const of = (field: keyof Round) => median(runs.map((run) => run[field]))
  return { importMs: of('importMs'), p50: of('p50'), p95: of('p95'), rssMb: of('rssMb') }
}

/** Runs one script of this folder in a process of its own, and gives what it printed. */
function inFresh<T>([script = '', ...args]: string[]): T {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, script), ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, OPENAI_API_KEY: 'none' },
    },
  )
  if (status !== 0) throw new Error(`${script} ${args.join(' ')} failed:\n${stderr}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T
}

/** Evaluates a module in a fresh process whose folder is a package's. */
function fresh(code: string, folder: string): unknown {
  const cwd = join(import.meta.dirname, '../..', folder)
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    cwd,
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

function compareImports(folder: string, own: string[], alone: string[]): { own: number; alone: number } {
  const time = (modules: string[]) =>
    fresh(
      `const at = performance.now(); for (const name of ${JSON.stringify(modules)}) await import(name.startsWith('.') ? new URL(name, 'file://' + process.cwd() + '/').href : name); console.log(performance.now() - at)`,
      folder,
    ) as number
  const times = Array.from({ length: IMPORTS }, () => ({ own: time(own), alone: time(alone) }))
  return { own: median(times.map((one) => one.own)), alone: median(times.map((one) => one.alone)) }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function millions(characters: number): string {
  return `${(characters / 1e6).toFixed(2)} M`
}

function us(milliseconds: number): string {
  return `${(milliseconds * 1_000).toFixed(0)} µs`
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(2)} ms`
}

function ratio(value: number, other: number): string {
  return `${(value / other).toFixed(2)}×`
}
