import { type JournalRecord, type Plan, type TaskResult, taskResultOf } from '@bailiwick/contract'
import { type AttemptView, foldRunView, type RunView } from '@bailiwick/core/journal'
import { z } from 'zod'
import { ANSWER, PLAN } from './task-ids.ts'

/** One attempt at a task of the plan (or at `plan` and `answer`, the coordinator's own). */
export type Attempt = AttemptView<JournalRecord> & {
  /** The agent that gets the task next, if this attempt's agent is a router and chose another agent. */
  routedTo?: string
}

/** A run, folded from its own journal: every node of the graph decides by it. */
export interface RunState extends RunView<JournalRecord> {
  attempts: Map<string, Attempt[]>
  /** The coordinator that drives the run; absent in runs of versions that did not record it. */
  driver?: string
}

/** The result of a router's task if the route leads to an agent. */
const routedSchema = z.strictObject({ route: z.string(), agent: z.string() })

/**
 * The state after these records, or undefined if the run was never submitted.
 *
 * @param isRouter whether an agent chooses routes (level 1): its result may name the next agent
 */
export function foldRun(
  records: Iterable<JournalRecord>,
  isRouter: (agent: string) => boolean = () => false,
): RunState | undefined {
  let state: RunState | undefined
  for (const record of records) state = foldRecord(state, record)
  if (state !== undefined) markRoutes(state, isRouter)
  return state
}

/** Folds one more record of a run's own journal, in place. */
export function foldRecord(state: RunState | undefined, record: JournalRecord): RunState | undefined {
  const next: RunState | undefined = foldRunView<JournalRecord>(state, record)
  if (record.type === 'run.driven' && next !== undefined) next.driver = record.coordinator
  return next
}

/** Marks attempts whose agent is a router that chose another agent. Repeated, because the team may learn of an agent late. */
export function markRoutes(state: RunState, isRouter: (agent: string) => boolean): void {
  for (const attempts of state.attempts.values()) {
    for (const attempt of attempts) {
      if (attempt.routedTo !== undefined || !isRoute(attempt.returned?.output)) continue
      const routed = routedSchema.safeParse(attempt.returned?.output).data
      if (routed !== undefined && isRouter(attempt.agent)) attempt.routedTo = routed.agent
    }
  }
}

/** A first look, because most results are no routes. */
function isRoute(output: unknown): boolean {
  return typeof output === 'object' && output !== null && 'route' in output
}

/** Whether one agent has the whole request: its result is the answer of the run. */
export function isDirect({ submitted, plan }: RunState): boolean {
  return submitted.strategy === 'direct' || plan?.direct === true
}

/** The last attempt at a task of this name. */
export function lastAttempt(state: RunState, name: string): Attempt | undefined {
  return state.attempts.get(name)?.at(-1)
}

/** Every attempt that has not ended. */
export function openAttempts(state: RunState): Attempt[] {
  return [...state.attempts.values()].flat().filter(({ returned }) => returned === undefined)
}

/** Every attempt at a task of the plan that has not ended. */
export function openTasks(state: RunState): Attempt[] {
  return openAttempts(state).filter(({ name }) => name !== PLAN && name !== ANSWER)
}

/** The result of a task of this name, if its last attempt completed and was not routed on. */
export function completed(state: RunState, name: string): TaskResult | undefined {
  const last = lastAttempt(state, name)
  if (last?.returned?.status !== 'completed' || last.routedTo !== undefined) return undefined
  return taskResultOf(last.returned)
}

export type PlannedTask = Plan['tasks'][number]

/** Tasks of the plan that have no attempt and whose dependencies are all completed. */
export function readyTasks(state: RunState): PlannedTask[] {
  return (state.plan?.tasks ?? []).filter(
    (task) =>
      lastAttempt(state, task.name) === undefined &&
      task.after.every((name) => completed(state, name) !== undefined),
  )
}

/** Tasks of the plan whose last attempt ended without success. */
export function failedTasks(state: RunState): PlannedTask[] {
  return (state.plan?.tasks ?? []).filter(({ name }) => {
    const result = lastAttempt(state, name)?.returned
    return result !== undefined && result.status !== 'completed'
  })
}
