/**
 * Finds violations in how runs went. It shares no code with the project: it uses what a plain NATS client sees and the
 * file that the tools write. It imports nothing outside this folder.
 */
import { type Evidence, journalEntries, type Queue } from './evidence.ts'
import { judgeEffects, judgeMissing } from './judge-effects.ts'
import { judgeProjection } from './judge-projection.ts'
import { judgeRun, taskNames } from './judge-run.ts'
import { judgeTask } from './judge-task.ts'
import { type Disturbance, judgeSilences, silenceBound, silences } from './silences.ts'

/** The expected outcome of a round. */
export interface Expected {
  runs: readonly string[]
  answer: unknown
  /** Runs whose guest or child misbehaved. They may fail. If they complete, their answer is the right one. */
  attacked?: readonly AttackedRun[]
  /** The tools that write the file of effects. */
  tools: readonly string[]
  /** The tools that every completed task of a plan must have called. */
  always: readonly string[]
  /** When processes were stopped or absent. */
  disturbances: readonly Disturbance[]
  /** Duration of an undisturbed start of the daemon, ms. */
  startMs: number
}

export interface AttackedRun {
  run: string
  answer: unknown
  /** Its child lies, also about the past. */
  mayDiverge: boolean
}

/** Lists all violations, one line each. */
export function judge(evidence: Evidence, expected: Expected): string[] {
  const { answer, tools, always, disturbances, startMs, attacked = [] } = expected
  const attacks = new Map(attacked.map((one) => [one.run, one]))
  const runs = [...expected.runs, ...attacks.keys()]
  const entries = journalEntries(evidence.journal)
  const unexpected = new Set(
    entries.map(({ run }) => run).filter((run) => !runs.includes(run) && run !== 'access'),
  )
  return [
    ...[...unexpected].map((run) => `${run}: was never submitted by the test`),
    ...runs.flatMap((run) => {
      const own = entries.filter((entry) => entry.run === run)
      const attack = attacks.get(run)
      const tasks = [...taskNames(own)]
      return [
        ...judgeRun(run, own, attack === undefined ? { answer } : { answer: attack.answer, mayFail: true }),
        ...tasks.flatMap((task) =>
          judgeTask(
            task,
            own.filter((entry) => entry.task === task),
            { mayDiverge: attack?.mayDiverge === true },
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

/** Checks that the queue is empty: no message, no delivery that is not acknowledged, no dead letter. */
function judgeQueue({ messages, consumers }: Queue, dead: readonly string[]): string[] {
  const problems: string[] = []
  if (messages > 0) problems.push(`${messages} messages are left in the stream TASK`)
  for (const { name, pending, unacknowledged } of consumers) {
    if (pending > 0) problems.push(`${pending} tasks wait for ${name}`)
    if (unacknowledged > 0) problems.push(`${unacknowledged} tasks of ${name} are un-acknowledged`)
  }
  if (consumers.length === 0) problems.push('the stream TASK has no consumer')
  return [...problems, ...dead.filter(isDeadLetter).map((text) => `a dead letter: ${text}`)]
}

/** The server also reports bells that were deleted while a host held them. Those were rung again. */
function isDeadLetter(text: string): boolean {
  const { type, reason } = JSON.parse(text)
  return !(String(type).endsWith('.terminated') && reason === 'Unacknowledged message was deleted')
}

/** Lists attempts at tasks that did not complete. They are no violation if the run completed. */
export function failedAttempts({ journal }: Evidence): string[] {
  return journalEntries(journal).flatMap(({ task, record }) => {
    if (record.type !== 'task.ended' || record.status === 'completed') return []
    return [`${task} ${String(record.status)}: ${JSON.stringify(record.error)}`]
  })
}
