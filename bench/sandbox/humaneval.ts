/**
 * Runs every reference solution of HumanEval-X (JavaScript) and its test in the sandbox and in plain V8.
 *
 *   node bench/sandbox/humaneval.ts path/to/humaneval-x-js [--json file]
 *
 * Repeats each solution's test until plain V8 takes 50 ms, and reports the median of the ratios.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { openSession, sandboxPackage } from './open-session.ts'
import { median } from './stopwatch.ts'

const TARGET_MS = 50
const ROUNDS = 3

interface Problem {
  task_id: string
  prompt: string
  canonical_solution: string
  test: string
}

const [path, flag, jsonFile] = process.argv.slice(2)
if (path === undefined) {
  console.error(
    'usage: node bench/sandbox/humaneval.ts <folder or .jsonl of HumanEval-X JavaScript> [--json file]',
  )
  process.exit(2)
}
const file = statSync(path).isDirectory() ? join(path, 'humaneval-x-js.jsonl') : path
const problems: Problem[] = readFileSync(file, 'utf8')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => JSON.parse(line))

function program({ prompt, canonical_solution, test }: Problem, repeat: number): string {
  return `${prompt}${canonical_solution}\nfor (let round = 0; round < ${repeat}; round++) {\n(() => {\n${test}\n})()\n}`
}

/**
 * Runs code in this process's own context, because a context of `node:vm` is slower. Wraps it in a function, so that
 * programs do not share names. Returns the time in ms, and whether every assertion held.
 */
function plain(code: string): { ms: number; passed: boolean } {
  let failed = 0
  const console = {
    assert: (holds: unknown) => {
      if (!holds) failed += 1
    },
    log: () => {},
  }
  try {
    const run = new Script(`(function (console, require) {${code}\n})`).runInThisContext()
    const began = performance.now()
    run(console)
    return { ms: performance.now() - began, passed: failed === 0 }
  } catch {
    return { ms: 0, passed: false }
  }
}

const { isolation } = await sandboxPackage.probeIsolation()
await using sandbox = await sandboxPackage.createSandbox({
  limits: { sourceChars: 1_000_000, wallMs: 60_000, cpuMs: 60_000 },
})
const rows: {
  id: string
  plain: boolean
  sandbox: boolean
  ratio?: number
  plainMs?: number
  sandboxMs?: number
}[] = []

for (const problem of problems) {
  const once = plain(program(problem, 1))
  const { session, run } = await openSession(sandbox)
  const seen = await run(program(problem, 1))
  const row: (typeof rows)[number] = {
    id: problem.task_id,
    plain: once.passed,
    sandbox: seen.status === 'ok' && !seen.printed.includes('Assertion failed'),
  }
  rows.push(row)
  if (row.plain && row.sandbox) {
    let repeat = 1
    while (plain(program(problem, repeat)).ms < TARGET_MS && repeat < 1e7) repeat *= 2
    const code = program(problem, repeat)
    const inPlain: number[] = []
    const inSandbox: number[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      inPlain.push(plain(code).ms)
      const began = performance.now()
      await run(code)
      inSandbox.push(performance.now() - began)
    }
    row.plainMs = Math.min(...inPlain)
    row.sandboxMs = Math.min(...inSandbox)
    row.ratio = row.sandboxMs / row.plainMs
  }
  await session[Symbol.asyncDispose]()
}

const ratios = rows.flatMap(({ ratio }) => ratio ?? [])
const differing = rows.filter((row) => row.plain !== row.sandbox).map(({ id }) => id)
const result = {
  node: process.version,
  isolation,
  problems: rows.length,
  passInPlainV8: rows.filter((row) => row.plain).length,
  passInSandbox: rows.filter((row) => row.sandbox).length,
  differing,
  medianRatio: median(ratios),
  worst: rows
    .filter(({ ratio }) => ratio !== undefined)
    .toSorted((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0))
    .slice(0, 5),
}
console.log(
  `${result.passInPlainV8} of ${result.problems} pass in plain V8, ${result.passInSandbox} in the sandbox (${isolation})`,
)
console.log(`median ratio over ${ratios.length} solutions: ${result.medianRatio.toFixed(3)} (to reach: 1.15)`)
for (const { id, ratio } of result.worst) console.log(`  slowest: ${id} ${ratio?.toFixed(2)}`)
if (flag === '--json' && jsonFile !== undefined)
  writeFileSync(jsonFile, `${JSON.stringify(result, null, 2)}\n`)
process.exitCode = differing.length === 0 ? 0 : 1
