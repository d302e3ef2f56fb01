import {
  type JournalRecord,
  type Plan,
  type RecordOf,
  type TaskResult,
  taskResultOf,
} from '@bailiwick/contract'
import { z } from 'zod'

/** One attempt at a task of the plan (or at `plan` and `answer`, the coordinator's own). */
export interface Attempt {
  name: string
  task: string
  agent: string
  attempt: number
  at: number
  /** Worked on by the coordinator itself, whatever agents there are. */
  own?: true | undefined
  /** How it ended; absent while it is open. */
  result?: TaskResult
  /** Who gets the task instead, where its agent is a router that chose another agent. */
  routedTo?: string
}

/** A run, folded from its own journal: what every node of the graph decides upon. */
export interface RunState {
  submitted: RecordOf<'run.submitted'>
  /** The plan in force: the last one. */
  plan?: Plan
  /** Plans so far; each after the first is a replan. */
  plans: number
  /** Attempts by name, oldest first. */
  attempts: Map<string, Attempt[]>
  cancel?: RecordOf<'run.cancel-requested'>
  ended?: RecordOf<'run.ended'>
}

/** What a router's task ends with when the route leads to an agent. */
const routedSchema = z.strictObject({ route: z.string(), agent: z.string() })

/**
 * The state after these records, or undefined where the run was never submitted.
 *
 * @param isRouter whether an agent chooses routes (level 1): its result may name who is next
 */
export function foldRun(
  records: Iterable<JournalRecord>,
  isRouter: (agent: string) => boolean = () => false,
): RunState | undefined {
  let state: RunState | undefined
  for (const record of records) {
    if (record.type === 'run.submitted') state ??= { submitted: record, plans: 0, attempts: new Map() }
    else if (state !== undefined) apply(state, record, isRouter)
  }
  return state
}

function apply(state: RunState, record: JournalRecord, isRouter: (agent: string) => boolean): void {
  switch (record.type) {
    case 'run.planned':
      state.plan = { tasks: record.tasks }
      state.plans += 1
      return
    case 'task.dispatched': {
      const { type: _, ...attempt } = record
      const earlier = state.attempts.get(attempt.name) ?? []
      state.attempts.set(attempt.name, [...earlier, attempt])
      return
    }
    case 'task.returned': {
      const attempt = state.attempts.get(record.name)?.find(({ task }) => task === record.task)
      if (attempt === undefined) return
      attempt.result = taskResultOf(record)
      const routed = isRouter(attempt.agent) ? routedSchema.safeParse(record.output).data : undefined
      if (routed !== undefined) attempt.routedTo = routed.agent
      return
    }
    case 'run.cancel-requested':
      state.cancel ??= record
      return
    case 'run.ended':
      state.ended = record
      return
    default:
  }
}

/** The last attempt at a name. */
export function lastAttempt(state: RunState, name: string): Attempt | undefined {
  return state.attempts.get(name)?.at(-1)
}

/** Every attempt that has not ended. */
export function openAttempts(state: RunState): Attempt[] {
  return [...state.attempts.values()].flat().filter(({ result }) => result === undefined)
}

/** The result of a name whose last attempt was completed by whom it was for. */
export function completed(state: RunState, name: string): TaskResult | undefined {
  const last = lastAttempt(state, name)
  return last?.result?.status === 'completed' && last.routedTo === undefined ? last.result : undefined
}
