import type { StepState } from '../journal/task-state.ts'

/** Characters of whole observations at which the older ones are folded. */
export const FOLD_ABOVE = 12_000
/** Characters of the latest observations that stay whole then. */
export const FOLD_KEEP = 3_000
/** Characters that stay of a folded one. */
export const FOLD_HEAD = 160

/**
 * The first step whose observation is shown whole. It moves in blocks: between two folds every request
 * begins with the one before, so that a provider's cache serves all but the newest step.
 */
export function firstWholeStep(steps: readonly StepState[]): number {
  let first = 0
  let whole = 0
  for (const [index, step] of steps.entries()) {
    whole += sizeOf(step)
    if (whole <= FOLD_ABOVE) continue
    // The newest stays whole whatever its size: the model has not seen it yet.
    let kept = sizeOf(step)
    let from = index
    while (from > first && kept + sizeOf(steps[from - 1]) <= FOLD_KEEP) {
      from -= 1
      kept += sizeOf(steps[from])
    }
    first = from
    whole = kept
  }
  return steps[first]?.step ?? 1
}

function sizeOf(step: StepState | undefined): number {
  const size = step?.observed?.observation.length ?? 0
  const said = step?.reply?.calls.length ? 0 : (step?.reply?.text.length ?? 0)
  return size + Math.max(0, said - FOLD_HEAD)
}

/** What stays of an old observation. */
export function foldText(text: string, step: number, readable: boolean): string {
  if (text.length <= FOLD_HEAD * 1.5) return text
  const where = readable ? `; whole: await observations[${step}]` : ''
  return `${text.slice(0, FOLD_HEAD)} […${text.length - FOLD_HEAD} more characters${where}]`
}
