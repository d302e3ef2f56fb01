/**
 * Runs every lie of `lying-child.cjs` in a child process and measures what it costs: the longest pause of this process
 * in CPU time, and memory. Needs a process of its own. Prints one JSON report.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { DEFAULT_SANDBOX_LIMITS, errorText, type StepHost } from '@bailiwick/contract/world'
import { childFiles } from '../../src/isolation/child-files.ts'
import { probeIsolation } from '../../src/isolation/probe-isolation.ts'
import { startWrapped } from '../../src/isolation/start-wrapped.ts'
import { BundleCache } from '../../src/modules/bundle-cache.ts'
import { ChildBox, spawnChild } from '../../src/parent/child-box.ts'
import { WorldSession } from '../../src/parent/session.ts'
import { privateMb, slowness, startPauseClock } from '../pause-clock.ts'

export interface LieReport {
  lie: string
  /** The status of the step, or the error that `execute` rejected with. */
  status: string
  message: string | undefined
  ms: number
  /** The preview of the next step, or the error. */
  next: string
  pauseMs: number
  mb: number
}

const SCRIPT = join(import.meta.dirname, 'lying-child.cjs')
const LIMITS = { ...DEFAULT_SANDBOX_LIMITS, wallMs: 500, cpuMs: 500, waitMs: 1_000, residentMb: 200 }

const { layers } = await probeIsolation()
const files = childFiles()
const honest = () => spawnChild({ files, layers, memoryMb: LIMITS.memoryMb, residentMb: LIMITS.residentMb })
/** Without layers, because the script is not in the folder that a child may read. */
const lying = (lie: string) => {
  const command = [process.execPath, SCRIPT, lie]
  return new ChildBox(
    startWrapped({ limits: false, container: false, seccomp: false }, files, command, LIMITS.memoryMb),
    LIMITS.residentMb,
  )
}

const clock = startPauseClock()

const host: StepHost = {
  signal: new AbortController().signal,
  now: Date.now,
  call: async ({ id, name, args }) =>
    name === 'slow' ? new Promise(() => {}) : { id, ms: 0, ok: true, value: args },
}

async function run(lie: string): Promise<LieReport> {
  const boxes = [lying(lie)]
  await using session = new WorldSession({
    world: {
      inputs: {},
      functions: ['echo', 'slow'].map((name) => ({ name, description: '', input: {} })),
      imports: [],
      seed: 's',
    },
    limits: LIMITS,
    take: () => boxes.pop() ?? honest(),
    modules: new BundleCache(),
    engine: () => 'any',
    left: () => {},
  })
  await session.start()
  clock.reset()
  const before = privateMb()
  const began = performance.now()
  const execute = (step: number, code: string) =>
    session.execute({ step, code, clock: 0 }, host).catch((error: unknown) => ({
      status: `rejected: ${errorText(error)}`,
      preview: '',
      error: undefined,
    }))
  const seen = await execute(1, 'await slow({})')
  const ms = performance.now() - began
  const next = await execute(2, '1 + 1')
  return {
    lie,
    status: seen.status,
    message: seen.error?.message,
    ms,
    next: next.preview === '' ? next.status : next.preview,
    pauseMs: clock.pauseMs / slowness(),
    mb: Math.max(0, clock.mostMb - before),
  }
}

const lies = JSON.parse(execFileSync(process.execPath, [SCRIPT], { encoding: 'utf8' })) as string[]
const only = process.argv[2]
await run(lies[0] ?? '')
const reports: LieReport[] = []
for (const lie of lies.filter((name) => only === undefined || name.includes(only)))
  reports.push(await run(lie))
console.log(JSON.stringify(reports))
