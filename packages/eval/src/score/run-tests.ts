import { randomUUID } from 'node:crypto'
import type { CallOutcome, Sandbox } from '@bailiwick/contract'
import type { Check } from '../dataset/case.ts'

type TestsCheck = Extract<Check, { kind: 'tests' }>

const DEFAULT_MS = 5_000

/**
 * Runs an answer's code and then the tests, in a world of their own. Returns undefined if nothing throws, all
 * assertions hold, and the tests run to their end.
 */
export async function runTests(
  { tests, prefix, name, timeoutMs = DEFAULT_MS }: TestsCheck,
  answer: unknown,
  sandbox: Sandbox,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (typeof answer !== 'string') return `expected source code as text, found ${typeof answer}`
  const source = withoutFence(answer)
  const isWhole =
    prefix === undefined ||
    (name !== undefined && new RegExp(`\\b${escaped(name)}\\b\\s*(=|\\()`).test(source))
  // The answer's code cannot know this word, so only the end of the tests can give it.
  const word = randomUUID()
  const limits = { cpuMs: timeoutMs }
  await using world = await sandbox.open(
    { inputs: {}, functions: [], imports: [], seed: 'tests', limits },
    signal,
  )
  const host = { signal, now: Date.now, call: refuse }
  const steps = [
    isWhole ? source : prefix + source,
    `(function (console) {\n${tests}\n})(${TEST_CONSOLE})\nfinalAnswer('${word}')`,
  ]
  for (const [index, code] of steps.entries()) {
    const { status, error, final } = await world.execute({ step: index + 1, code, clock: Date.now() }, host)
    signal.throwIfAborted()
    if (final?.value === word) return undefined
    if (error !== undefined) return `${error.name}: ${error.message}`.slice(0, 600)
    if (final !== undefined || status !== 'ok') break
  }
  return 'the tests did not run to their end'
}

/** The console of tests. The sandbox's own cannot be changed, and its assertions do not throw. */
const TEST_CONSOLE = `{
  log() {}, info() {}, warn() {}, error() {}, debug() {},
  assert(ok, ...rest) { if (!ok) throw new Error(['a test failed', ...rest].join(': ')) },
}`

async function refuse({ id }: { id: string }): Promise<CallOutcome> {
  return { id, ms: 0, ok: false, reason: 'refused', message: 'tests have no functions to call' }
}

function withoutFence(text: string): string {
  return /```[a-zA-Z]*\s*\n([\s\S]*?)```/.exec(text)?.[1] ?? text
}

function escaped(name: string): string {
  return name.replaceAll('$', '\\$')
}
