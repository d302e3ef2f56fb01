import type { StepState } from '../journal/task-world.ts'
import { asFrame, type FramedText, joinFramed, sliceFramed } from '../prompts/framed-text.ts'

/** Older observations are folded when the whole ones exceed this many characters. */
const FOLD_ABOVE = 12_000
/** A fold leaves the newest observations whole, up to this many characters. */
export const FOLD_KEEP = 3_000
/** A folded observation keeps this many characters. */
const FOLD_HEAD = 160

/**
 * The first step whose observation is shown whole. It advances in blocks: between two folds each request starts
 * with the previous one, so that the provider's cache serves all but the newest step.
 *
 * @param steps those that have an observation
 */
export function firstWholeStep(steps: readonly StepState[]): number {
  let first = 0
  let whole = 0
  for (const [index, step] of steps.entries()) {
    whole += sizeOf(step)
    if (whole <= FOLD_ABOVE) continue
    // The newest stays whole whatever its size, because the model has not seen it yet.
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
  const size = step?.ended?.observation.length ?? 0
  const said = step?.reply?.calls.length ? 0 : (step?.reply?.text.length ?? 0)
  return size + Math.max(0, said - FOLD_HEAD)
}

/**
 * Shortens an old observation.
 *
 * @param readable whether the agent's code can read the whole one
 */
export function foldText(shown: FramedText, step: number, readable: boolean): FramedText {
  const { length } = shown.text
  if (length <= FOLD_HEAD * 1.5) return shown
  const where = readable ? `; whole: await observations[${step}]` : ''
  const note = asFrame(` […${length - FOLD_HEAD} more characters${where}]`)
  return joinFramed([sliceFramed(shown, 0, FOLD_HEAD), note], '')
}
