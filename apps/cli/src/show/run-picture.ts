import type { EventEntry } from '@bailiwick/bus'
import { addUsage, NO_USAGE, type Usage } from '@bailiwick/contract'
import {
  foldRunView,
  foldTaskView,
  ownUsage,
  type RunView,
  runStatus,
  type TaskView,
} from '@bailiwick/core/journal'

/** The state of a run for the screen, folded from its events. */
export interface RunPicture {
  readonly run: string
  /** Undefined until the run is submitted. */
  view?: RunView<EventEntry>
  /** By task id, in order of creation. */
  readonly tasks: Map<string, TaskView<EventEntry>>
  /** Questions that ended without a decision, as `<task>/<call>`. */
  readonly withdrawn: Set<string>
}

export function emptyPicture(run: string): RunPicture {
  return { run, tasks: new Map(), withdrawn: new Set() }
}

/** Adds one event to the picture, in place. `task` is the event's task. */
export function addToPicture(picture: RunPicture, task: string, entry: EventEntry): void {
  const run = foldRunView(picture.view, entry)
  if (run !== undefined) picture.view = run
  // A decision is shown with its task at once, also if no host has taken it yet.
  const of = entry.type === 'run.decided' ? entry.task : task
  const view = foldTaskView(picture.tasks.get(of), entry)
  if (view !== undefined) picture.tasks.set(of, view)
  if (entry.type === 'call.withdrawn') picture.withdrawn.add(`${task}/${entry.call}`)
}

/** Returns the run's status for people, which can also be `canceling`. */
export function shownStatus({ view }: RunPicture): string {
  if (view === undefined) return 'submitted'
  return view.cancel !== undefined && view.ended === undefined ? 'canceling' : runStatus(view)
}

/** Sums the usage of all model replies so far. */
export function shownUsage({ tasks }: RunPicture): Usage {
  return [...tasks.values()].map(ownUsage).reduce(addUsage, NO_USAGE)
}
