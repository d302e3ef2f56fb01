import { setTimeout as sleep } from 'node:timers/promises'
import { type Act, describeAct } from './acts/act.ts'
import { sabotage } from './acts/saboteur.ts'
import { seeded } from './acts/seeded.ts'
import { failedAttempts, judge } from './judge/judge.ts'
import { connectAuditor, readEvidence } from './judge/read-evidence.ts'
import { type Silence, silences } from './judge/silences.ts'
import { judgeProcesses } from './stage/processes.ts'
import { Stage } from './stage/stage.ts'
import { ALWAYS, PROCESSES, RIGHT_ANSWER, TOOLS } from './stage/team.ts'

export interface RoundReport {
  seed: number
  runs: number
  /** Start of the sabotage, Unix milliseconds. */
  began: number
  seconds: number
  acts: Act[]
  problems: string[]
  /** Facts that are no violation: attempts that did not complete, failed starts of the daemon. */
  notes: string[]
  silence: Silence | undefined
}

/** Time for all runs to end after the sabotage, ms. */
const PATIENCE_MS = 120_000
/** Time for a sandbox to notice that its host is dead, and for a host to restart, ms. */
const RECOVER_MS = 5_000

/** Submits runs to a new stage while the saboteur acts for a time. Then all runs must complete. */
export async function chaosRound(options: {
  seed: number
  runs: number
  sabotageMs: number
}): Promise<RoundReport> {
  const { seed, sabotageMs } = options
  const runs = Array.from({ length: options.runs }, (_, index) => `rchaos${seed}x${index}`)
  const stage = await Stage.open()
  const began = Date.now()
  const over = new AbortController()
  const acting = sabotage(stage.folder, seeded(seed), over.signal)
  const report: RoundReport = {
    seed,
    runs: runs.length,
    began,
    seconds: 0,
    acts: [],
    problems: [],
    notes: [],
    silence: undefined,
  }
  try {
    // Submit the runs one after the other, so that a run is open at every act.
    const submitted = runs.map(async (run, index) => {
      await sleep((index * sabotageMs) / runs.length)
      await submit(stage, run, began + sabotageMs + PATIENCE_MS)
    })
    await sleep(sabotageMs)
    over.abort()
    await Promise.all(submitted)
    report.acts = await acting
    const env = JSON.parse(await stage.bailiwickOnceRestarted('env', '--role', 'reader', '--json'))
    const auditor = await connectAuditor(env.NATS_URL, stage.keys)
    const evidence = await readEvidence(auditor, {
      runs,
      effectsFile: stage.effects,
      patienceMs: PATIENCE_MS,
    }).finally(() => auditor.close())
    const disturbances = report.acts.map((act) => ({ ...act, what: describeAct(act) }))
    const { startMs } = stage
    const expected = { runs, answer: RIGHT_ANSWER, tools: TOOLS, always: ALWAYS, disturbances, startMs }
    report.problems.push(...judge(evidence, expected), ...(await untilRecovered(stage)))
    report.notes.push(...failedAttempts(evidence), ...stage.failedStarts)
    report.silence = silences(runs, evidence.journal, disturbances)[0]
  } finally {
    over.abort()
    report.acts = await acting
    for (const { pid, command } of await stage.close())
      report.problems.push(`left running: ${pid} ${command}`)
    // Its logs and its store show the reason.
    if (report.problems.length > 0) report.notes.push(`the stage is left in ${stage.folder}`)
    else await stage.remove()
    report.seconds = Math.round((Date.now() - began) / 1_000)
  }
  return report
}

/** Submits a run until a daemon accepts it. The same id is the same run. */
async function submit(stage: Stage, run: string, until: number): Promise<void> {
  const { connect, submitRun } = await import('@bailiwick/client')
  for (;;) {
    try {
      const env = JSON.parse(await stage.bailiwick('env', '--json'))
      await using client = await connect({ env })
      await submitRun(client, { run, text: 'Find the number.' })
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(200)
    }
  }
}

/** Waits until the right processes run. @returns the violations that are left after that time */
async function untilRecovered(stage: Stage): Promise<string[]> {
  const until = Date.now() + RECOVER_MS
  for (;;) {
    const problems = judgeProcesses(stage.processes(), PROCESSES)
    if (problems.length === 0 || Date.now() > until) return problems
    await sleep(100)
  }
}
