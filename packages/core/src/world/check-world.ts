import { DivergedError, type Observation } from '@bailiwick/contract'
import type { StepState, TaskState } from '../journal/task-state.ts'

/**
 * Holds a replayed step against its record: its world has to be the same.
 *
 * @throws DivergedError where it is another
 */
export function checkWorld(state: TaskState, { step, observed, turns }: StepState, seen: Observation): void {
  const recorded = observed?.worldHash
  const replayed = seen.worldHash
  if (recorded === undefined || replayed === undefined || recorded === replayed) return
  // A world is opened with the inputs of all chapters: before the last one that brought some, it had fewer.
  if (step < openedAt(state)) return
  throw new DivergedError(
    `the world of ${state.spec.task} after step ${step} is another: hash ${recorded} then, ${replayed} now`,
    { step, turn: turns.length, recorded: `world ${recorded}`, replayed: `world ${replayed}` },
  )
}

function openedAt({ chapters }: TaskState): number {
  const brought = chapters.findLast(
    ({ spec }) => spec.inputs.length > 0 || Object.keys(spec.results).length > 0,
  )
  return brought?.firstStep ?? 0
}
