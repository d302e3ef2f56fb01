/**
 * Says what is wrong with how runs went. It shares no code with the project: it goes by what a plain client of
 * NATS sees, and by the file that the tools write. Nothing outside this folder is imported here.
 */
import type { Evidence } from './evidence.ts'
import { journalEntries } from './journal-entries.ts'
import { judgeEffects, judgeMissing } from './judge-effects.ts'
import { judgeProjection } from './judge-projection.ts'
import { judgeQueue } from './judge-queue.ts'
import { judgeRun, taskNames } from './judge-run.ts'
import { judgeTask } from './judge-task.ts'
import { type Disturbance, judgeSilences, silenceBound, silences } from './silences.ts'

/** What should have come of it. */
export interface Expected {
  runs: readonly string[]
  answer: unknown
  /** Tools that write the file of effects. */
  tools: readonly string[]
  /** Those of them without which no task of a plan can have completed. */
  always: readonly string[]
  /** When something was held still or away. */
  disturbances: readonly Disturbance[]
  /** How long a start of the daemon takes that nobody disturbs, ms. */
  startMs: number
}

/** Every violation, a line each. */
export function judge(evidence: Evidence, expected: Expected): string[] {
  const { runs, answer, tools, always, disturbances, startMs } = expected
  const entries = journalEntries(evidence.journal)
  const strangers = new Set(
    entries.map(({ run }) => run).filter((run) => !runs.includes(run) && run !== 'access'),
  )
  return [
    ...[...strangers].map((run) => `${run}: nobody has asked for it`),
    ...runs.flatMap((run) => {
      const own = entries.filter((entry) => entry.run === run)
      const tasks = [...taskNames(own)]
      return [
        ...judgeRun(run, own, answer),
        ...tasks.flatMap((task) =>
          judgeTask(
            task,
            own.filter((entry) => entry.task === task),
          ),
        ),
      ]
    }),
    ...judgeProjection(evidence),
    ...judgeEffects(evidence.effects, entries, tools),
    ...judgeMissing(evidence.effects, entries, always),
    ...judgeQueue(evidence.queue, evidence.dead),
    ...judgeSilences(silences(runs, evidence.journal, disturbances), silenceBound(startMs)),
  ]
}

/** Attempts at tasks that did not complete: no violation, where the run came to its end all the same. */
export function failedAttempts({ journal }: Evidence): string[] {
  return journalEntries(journal).flatMap(({ task, record }) => {
    if (record.type !== 'task.ended' || record.status === 'completed') return []
    return [`${task} ${String(record.status)}: ${JSON.stringify(record.error)}`]
  })
}
