import { FINAL_ANSWER } from '@bailiwick/contract'
import { WASTE_CAUSES, type WasteCause, type Wasted } from './target.ts'

/** What is known of one step of a task. Texts are absent if only events are known; then marks replace them. */
export interface StepFacts {
  step: number
  /** The reply's text. */
  text?: string
  /** The calls in the reply that the provider returned separately. */
  replied?: readonly { name: string }[]
  /** Identifies the code that ran. */
  code?: string
  /** Identifies each call that was made. */
  calls: { id?: string; action: string; ok: boolean; refused: boolean }[]
  refused: boolean
  status?: string
  observation?: string
  /** The final answer, encoded. */
  final?: string
}

export const NOTHING_WASTED: Wasted = Object.freeze(
  Object.fromEntries(WASTE_CAUSES.map((cause) => [cause, 0])) as Record<WasteCause, number>,
)

/**
 * Counts the replies of a task that led nowhere. A reply has one cause, the first that applies.
 *
 * @param level 5 if the steps run code
 */
export function countWaste(steps: readonly StepFacts[], level: number | undefined): Wasted {
  const wasted: Record<WasteCause, number> = { ...NOTHING_WASTED }
  const seen = new Set<string>()
  for (const [index, step] of steps.entries()) {
    const cause = wasteOf(step, seen, level, steps[index - 1])
    if (cause !== undefined) wasted[cause] += 1
    const action = actionOf(step)
    if (action !== undefined) seen.add(action)
  }
  return wasted
}

function wasteOf(
  step: StepFacts,
  seen: ReadonlySet<string>,
  level: number | undefined,
  before: StepFacts | undefined,
): WasteCause | undefined {
  // The step has not ended: its task was stopped.
  if (step.status === undefined) return undefined
  const { text = '', replied = [], code, calls, final, status, observation = '' } = step
  if (final === undefined && code === undefined && calls.length === 0) {
    if (/^identical /.test(observation)) return 'repeat'
    if (step.refused || replied.some(({ name }) => name === FINAL_ANSWER)) return 'refused'
    if (status === 'ok') return undefined
    return replied.length > 0 || LOOKS_LIKE_ACTION.test(text) ? 'parse' : 'no action'
  }
  if (final === undefined) {
    if (/\bSyntaxError\b/.test(observation) && calls.length === 0) return 'parse'
    if (
      /^The (final )?answer was (refused|not accepted)|\n\nThe (final )?answer was (refused|not accepted)/.test(
        observation,
      )
    )
      return 'refused'
    if (calls.length > 0 && calls.every(({ refused }) => refused)) return 'refused'
    if (code === undefined ? calls.every(({ ok }) => !ok) : status !== 'ok') return 'error'
  }
  const action = actionOf(step)
  if (action !== undefined && seen.has(action)) return 'repeat'
  const repeats = level === 5 && final !== undefined && calls.length === 0 && before !== undefined
  return repeats && before.observation !== undefined && stoodIn(final, before.observation)
    ? 'repeated answer'
    : undefined
}

const LOOKS_LIKE_ACTION = /<code|<\/code|```|<tool_call|"(name|calls|arguments|tool)"\s*:|\w\(\s*\{/i

function actionOf({ code, calls }: StepFacts): string | undefined {
  if (code !== undefined) return code
  return calls.length === 0
    ? undefined
    : calls
        .map(({ action }) => action)
        .sort()
        .join('\n')
}

/** Whether the step before had shown every figure and text of the answer, so that it could have given it itself. */
function stoodIn(final: string, observation: string): boolean {
  const leaves = final.match(/"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g) ?? []
  return leaves.length > 0 && leaves.every((leaf) => observation.includes(leaf.replace(/^"(.*)"$/s, '$1')))
}
