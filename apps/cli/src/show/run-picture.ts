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
}

export function emptyPicture(run: string): RunPicture {
  return { run, tasks: new Map() }
}

/** Adds one event to the picture, in place. `task` is the event's task. */
export function addToPicture(picture: RunPicture, task: string, entry: EventEntry): void {
  const run = foldRunView(picture.view, entry)
  if (run !== undefined) picture.view = run
  const view = foldTaskView(picture.tasks.get(task), entry)
  if (view !== undefined) picture.tasks.set(task, view)
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
