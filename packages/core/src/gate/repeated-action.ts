import type { TaskWorld } from '../journal/task-world.ts'
import { type FramedText, frame, sliceFramed } from '../prompts/framed-text.ts'
import { observationOf } from '../prompts/observation.ts'

/** The same action may run in this many steps in a row. The next attempt is refused. */
const MAX_REPEATS = 2

/**
 * If the last two steps made this call with the same arguments and result, the words that refuse it; otherwise
 * undefined.
 *
 * @param args encoded text, as journaled
 */
export function repeatedCall(state: TaskWorld, step: number, name: string, args: string): string | undefined {
  const before = state.steps.filter((other) => other.step < step).slice(-MAX_REPEATS)
  if (before.length < MAX_REPEATS) return undefined
  const same = before.map(({ calls }) =>
    [...calls.values()].find(
      ({ started, outcome }) => outcome && started?.name === name && started.arguments === args,
    ),
  )
  const [first, last] = [same[0]?.outcome, same.at(-1)?.outcome]
  if (!last || same.includes(undefined) || first?.value !== last.value || last.transient) return undefined
  const result = (last.ok ? last.value : last.message) ?? ''
  return `identical call already made in steps ${before.map(({ step }) => step).join(' and ')}: result was ${result.slice(0, 500)}`
}

/** If the last two steps ran this code, the words that refuse it; otherwise undefined. */
export function repeatedCode(state: TaskWorld, step: number, code: string): FramedText | undefined {
  const before = state.steps.filter((other) => other.step < step).slice(-MAX_REPEATS)
  if (before.length < MAX_REPEATS || before.some((other) => other.code?.code !== code)) return undefined
  const [first, last] = before
  const result = sliceFramed(observationOf(last?.ended), 0, 500)
  return frame`identical code already ran in steps ${first?.step ?? 0} and ${last?.step ?? 0}: result was ${result}`
}
