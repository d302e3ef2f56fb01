import { expect, it } from 'vitest'
import { type Attack, expectedOf } from './acts/attacks.ts'
import { type JournalRecord, journalEntries } from './judge/evidence.ts'
import { judge } from './judge/judge.ts'
import { connectAuditor, readEvidence } from './judge/read-evidence.ts'
import { FREEZES, HANGS } from './stage/guest-attacks.ts'
import { judgeProcesses } from './stage/processes.ts'
import { ONE_DAEMON, Stage } from './stage/stage.ts'
import { runOf, submit } from './stage/submit.ts'
import { ALWAYS, ATTACKED_ANSWER, expectedProcesses, RIGHT_ANSWER, TOOLS } from './stage/team.ts'

const PATIENCE_MS = 200_000
const LIARS = 12
const HONEST = ['rhonest1', 'rhonest2']

const attacks: Attack[] = [
  ...HANGS.map((_, choice) => ({ run: `rhung${choice}`, deed: 'hung' as const, choice, atMs: 0 })),
  ...FREEZES.map((_, choice) => ({ run: `rfroze${choice}`, deed: 'froze' as const, choice, atMs: 0 })),
  ...Array.from({ length: LIARS }, (_, choice) => {
    return { run: `rlied${choice}`, deed: 'lied' as const, choice, atMs: 0 }
  }),
]

/** Whether the code of a step failed, or was stopped and a turn of it voided. */
const isTrouble = ({ type, status }: JournalRecord) =>
  type === 'turn.voided' || type === 'task.diverged' || (type === 'step.ended' && status !== 'ok')

it('hangs, freezes and lies disturb nobody, while no process dies', async () => {
  const stage = await Stage.open()
  try {
    const until = Date.now() + PATIENCE_MS
    for (const attack of attacks) await submit(stage, runOf(attack), until)
    for (const run of HONEST) await submit(stage, { run, text: 'Find the number.' }, until)
    const { NATS_URL = '' } = await stage.env('--role', 'reader')
    const auditor = await connectAuditor(NATS_URL, stage.keys)
    const runs = [...HONEST, ...attacks.map(({ run }) => run)]
    const options = { runs, effectsFile: stage.effects, patienceMs: PATIENCE_MS }
    const evidence = await readEvidence(auditor, options).finally(() => auditor.close())
    const problems = judge(evidence, {
      runs: HONEST,
      answer: RIGHT_ANSWER,
      attacked: attacks.map((attack) => expectedOf(attack, ATTACKED_ANSWER)),
      tools: TOOLS,
      always: ALWAYS,
      disturbances: [],
      // Attacks wait for one another: they are many, and the hosts have few slots.
      startMs: PATIENCE_MS,
    })
    expect(problems).toEqual([])
    const entries = journalEntries(evidence.journal)
    const quiet = attacks.filter(
      ({ run }) => !entries.some((one) => one.run === run && isTrouble(one.record)),
    )
    // Each hang is stopped or fails, and most lies end their child. A freeze may cost nothing but its own time.
    expect(quiet.filter(({ deed }) => deed === 'hung')).toEqual([])
    expect(quiet.filter(({ deed }) => deed === 'lied').length).toBeLessThan(LIARS / 2)
    expect(judgeProcesses(stage.processes(), expectedProcesses(ONE_DAEMON))).toEqual([])
  } finally {
    expect(await stage.close()).toEqual([])
    await stage.remove()
  }
}, 400_000)
