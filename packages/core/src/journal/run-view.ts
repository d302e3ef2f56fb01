import type { Status } from '@bailiwick/contract'
import type { EntryOf, ViewEntry } from './view-entry.ts'

/** One attempt at a task of the plan, or at a task of the coordinator's own (`plan`, `answer`). */
export type AttemptView<E extends ViewEntry = ViewEntry> = EntryOf<E, 'task.dispatched'> & {
  /** How it ended; absent while it is open. */
  returned?: EntryOf<E, 'task.returned'>
}

/** One run, folded from its own journal or its events. Keeps entries whole, as `TaskView` does. */
export interface RunView<E extends ViewEntry = ViewEntry> {
  readonly submitted: EntryOf<E, 'run.submitted'>
  /** The plan in force: the last one. */
  plan?: EntryOf<E, 'run.planned'>
  /** Number of plans so far. */
  plans: number
  /** Attempts by the task's name in the plan, oldest first. */
  attempts: Map<string, AttemptView<E>[]>
  /** The first decision on each call, by `<task>/<call>`. Undefined if there is none. */
  decisions?: Map<string, EntryOf<E, 'run.decided'>>
  /** The first request to cancel the run. */
  cancel?: EntryOf<E, 'run.cancel-requested'>
  ended?: EntryOf<E, 'run.ended'>
}

/**
 * Folds one more entry of a run's own journal, in place.
 *
 * @param view the view so far; undefined before `run.submitted`
 * @returns the view; undefined as long as the run is not submitted
 */
export function foldRunView<E extends ViewEntry>(
  view: RunView<E> | undefined,
  entry: E,
): RunView<E> | undefined {
  if (view === undefined) {
    if (entry.type !== 'run.submitted') return undefined
    return { submitted: entry as EntryOf<E, 'run.submitted'>, plans: 0, attempts: new Map() }
  }
  // The compiler cannot relate the members of a generic union; entries are only stored, so their texts are kept.
  apply(view as unknown as RunView, entry)
  return view
}

function apply(view: RunView, entry: ViewEntry): void {
  switch (entry.type) {
    case 'run.planned':
      view.plan = entry
      view.plans += 1
      return
    case 'task.dispatched':
      view.attempts.set(entry.name, [...(view.attempts.get(entry.name) ?? []), { ...entry }])
      return
    case 'task.returned': {
      const attempt = view.attempts.get(entry.name)?.find(({ task }) => task === entry.task)
      if (attempt !== undefined) attempt.returned = entry
      return
    }
    case 'run.decided': {
      view.decisions ??= new Map()
      const key = `${entry.task}/${entry.call}`
      if (!view.decisions.has(key)) view.decisions.set(key, entry)
      return
    }
    case 'run.cancel-requested':
      view.cancel ??= entry
      return
    case 'run.ended':
      view.ended = entry
      return
    default:
  }
}

/** The run's status, as far as its own journal tells: it does not know of calls that wait for a decision. */
export function runStatus({ ended, plan, attempts }: Pick<RunView, 'ended' | 'plan' | 'attempts'>): Status {
  if (ended !== undefined) return ended.status
  return plan === undefined && attempts.size === 0 ? 'submitted' : 'working'
}
