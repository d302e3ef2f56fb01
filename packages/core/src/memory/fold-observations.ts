import type { ModelReply } from '@bailiwick/contract'
import type { StepState } from '../journal/task-world.ts'
import { asFrame, type FramedText, joinFramed, sliceFramed } from '../prompts/framed-text.ts'

/**
 * Characters of steps (replies and observations) that a request shows whole, unless the definition says otherwise. Older
 * steps are shortened, and the oldest are left out when the shortened ones exceed the same number.
 */
export const OBSERVATION_CHARS = 16_000
/**
 * A fold leaves this share of the budget. Larger shares fold more often, and each fold makes the provider read the request
 * anew: with a half, 50 steps cost as much as without folding.
 */
const KEPT_SHARE = 1 / 4
/** The budget for a model with a small context. Only its newest observation is not shortened. */
export const TIGHT_CHARS = 6_000
/** A shortened observation keeps this many characters. */
const SHORT_CHARS = 200

/** What a request shows of a task's steps. */
export interface ShownSteps {
  /** The first step that is shown at all. */
  first: number
  /** The first step that is shown whole. */
  whole: number
}

/**
 * Decides what a request shows of the steps, newest first. Both limits advance in blocks: between two folds each request starts with the previous one, so that the provider's cache serves all but the newest step. The size
 * of a request is bounded, so a task's tokens grow with the number of its steps, not with its square.
 *
 * @param steps those that have an observation
 * @param budget characters, see {@link OBSERVATION_CHARS}
 */
export function shownSteps(steps: readonly StepState[], budget: number): ShownSteps {
  let first = 0
  let whole = 0
  let wholeChars = 0
  let shortChars = 0
  for (const [index, step] of steps.entries()) {
    wholeChars += wholeSize(step)
    if (wholeChars <= budget) continue
    // The newest stays whole whatever its size, because the model has not seen it yet.
    let kept = wholeSize(step)
    let from = index
    while (from > whole && kept + wholeSize(steps[from - 1]) <= budget * KEPT_SHARE) {
      from -= 1
      kept += wholeSize(steps[from])
    }
    for (; whole < from; whole += 1) shortChars += shortSize(steps[whole])
    wholeChars = kept
    if (shortChars <= budget) continue
    for (; first < whole && shortChars > budget * KEPT_SHARE; first += 1)
      shortChars -= shortSize(steps[first])
  }
  return { first: steps[first]?.step ?? 1, whole: steps[whole]?.step ?? 1 }
}

function wholeSize(step: StepState | undefined): number {
  return sizeOf(step, step?.ended?.observation.length ?? 0, step?.reply?.text.length ?? 0)
}

function shortSize(step: StepState | undefined): number {
  return sizeOf(
    step,
    Math.min(step?.ended?.observation.length ?? 0, 1.5 * SHORT_CHARS),
    shortenReply(step?.reply?.text ?? '').length,
  )
}

function sizeOf(step: StepState | undefined, observation: number, said: number): number {
  const { plan = '', reply } = step ?? {}
  return plan.length + observation + said + (reply?.calls.length ? callChars(reply) : 0)
}

/** The length of each reply's calls. Every request needs them all, and arguments may be long. */
const knownChars = new WeakMap<ModelReply, number>()

function callChars(reply: ModelReply): number {
  const known = knownChars.get(reply) ?? JSON.stringify(reply.calls).length
  knownChars.set(reply, known)
  return known
}

/**
 * Shortens an old observation.
 *
 * @param readable whether the agent's code can read the whole one
 */
export function foldText(shown: FramedText, step: number, readable: boolean): FramedText {
  const { length } = shown.text
  if (length <= SHORT_CHARS * 1.5) return shown
  const note = asFrame(` […${length - SHORT_CHARS} more characters${whereWhole(step, readable)}]`)
  return joinFramed([sliceFramed(shown, 0, SHORT_CHARS), note], '')
}

/** Says how the code reads a whole observation. */
export function whereWhole(step: number, readable: boolean): string {
  return readable ? `; whole: await observations[${step}]` : ''
}

/** Keeps the code of an old step, which shows what exists, and drops the words before it. */
export function shortenReply(text: string): string {
  const code = text.indexOf('<code>')
  return code > 200 ? `[…] ${text.slice(code)}` : text
}

/** Names that a step's code declares at the start of a line. */
const DECLARED = /^(?:const|let|var|class|(?:async )?function\*?)\s+([A-Za-z_$][\w$]{0,63})/gm

/** At most this many names of variables are listed. */
const MAX_NAMES = 60

/**
 * Says which steps of a chapter are left out, and how to get at what they hold. Undefined if none is.
 *
 * @param left the steps that are left out
 */
export function leftOut(left: readonly StepState[], readable: boolean): string | undefined {
  const [first, last] = [left[0], left.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const which = first === last ? `Step ${first.step} is` : `Steps ${first.step} to ${last.step} are`
  if (!readable) {
    const made = left.some(({ calls }) => calls.size > 0)
    return `${which} not shown any more.${made ? ' Make a call again if you need its result.' : ''}`
  }
  const names = new Set(
    left.flatMap(({ code }) => [...(code?.code ?? '').matchAll(DECLARED)].map(([, name]) => name)),
  )
  const known = [...names].slice(-MAX_NAMES).join(', ')
  const defined = known === '' ? '' : ` What they defined still exists: ${known}.`
  return `${which} not shown any more. Read a whole observation with await observations[${first.step}].${defined}`
}
