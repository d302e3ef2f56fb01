import { setTimeout as sleep } from 'node:timers/promises'
import { type Act, describeAct } from './acts/act.ts'
import { actOf, drawAttacks, expectedOf } from './acts/attacks.ts'
import { sabotage } from './acts/saboteur.ts'
import { seeded } from './acts/seeded.ts'
import { failedAttempts, judge } from './judge/judge.ts'
import { connectAuditor, readEvidence } from './judge/read-evidence.ts'
import { type Silence, silences } from './judge/silences.ts'
import { judgeProcesses } from './stage/processes.ts'
import { ONE_DAEMON, Stage, type StageShape } from './stage/stage.ts'
import { runOf, submit } from './stage/submit.ts'
import { ALWAYS, ATTACKED_ANSWER, expectedProcesses, RIGHT_ANSWER, TOOLS } from './stage/team.ts'

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
  shape?: StageShape
}): Promise<RoundReport> {
  const { seed, sabotageMs, shape = ONE_DAEMON } = options
  const runs = Array.from({ length: options.runs }, (_, index) => `rchaos${seed}x${index}`)
  const attacks = drawAttacks(`rchaos${seed}`, seeded(~seed), sabotageMs)
  const all = [...runs, ...attacks.map(({ run }) => run)]
  const stage = await Stage.open(shape)
  const began = Date.now()
  const over = new AbortController()
  const acting = sabotage(stage.folder, seeded(seed), over.signal)
  const attacking: Act[] = []
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
      await submit(stage, { run, text: 'Find the number.' }, began + sabotageMs + PATIENCE_MS)
    })
    const attacked = attacks.map(async (attack) => {
      await sleep(attack.atMs)
      await submit(stage, runOf(attack), began + sabotageMs + PATIENCE_MS)
      attacking.push(actOf(attack, Date.now()))
    })
    await sleep(sabotageMs)
    over.abort()
    await Promise.all([...submitted, ...attacked])
    report.acts = byTime([...(await acting), ...attacking])
    const { NATS_URL = '' } = await stage.envOnceRestarted('--role', 'reader')
    const auditor = await connectAuditor(NATS_URL, stage.keys)
    const evidence = await readEvidence(auditor, {
      runs: all,
      effectsFile: stage.effects,
      patienceMs: PATIENCE_MS,
    }).finally(() => auditor.close())
    const disturbances = report.acts.map((act) => ({ ...act, what: describeAct(act) }))
    const { startMs } = stage
    const expected = {
      runs,
      answer: RIGHT_ANSWER,
      attacked: attacks.map((attack) => expectedOf(attack, ATTACKED_ANSWER)),
      tools: TOOLS,
      always: ALWAYS,
      disturbances,
      startMs,
    }
    report.problems.push(...judge(evidence, expected), ...(await untilRecovered(stage, shape)))
    report.notes.push(...failedAttempts(evidence), ...stage.failedStarts)
    report.silence = silences(all, evidence.journal, disturbances)[0]
  } finally {
    over.abort()
    report.acts = byTime([...(await acting), ...attacking])
    for (const { pid, command } of await stage.close())
      report.problems.push(`left running: ${pid} ${command}`)
    // Its logs and its store show the reason.
    if (report.problems.length > 0) report.notes.push(`the stage is left in ${stage.folder}`)
    else await stage.remove()
    report.seconds = Math.round((Date.now() - began) / 1_000)
  }
  return report
}

function byTime(acts: readonly Act[]): Act[] {
  return acts.toSorted((one, other) => one.from - other.from)
}

/** Waits until the right processes run. @returns the violations that are left after that time */
async function untilRecovered(stage: Stage, shape: StageShape): Promise<string[]> {
  const until = Date.now() + RECOVER_MS
  for (;;) {
    const problems = judgeProcesses(stage.processes(), expectedProcesses(shape))
    if (problems.length === 0 || Date.now() > until) return problems
    await sleep(100)
  }
}
