import type { TaskState } from '../journal/task-state.ts'

/** How often the same action may be tried before it is not done again. */
const TRIES = 2

/**
 * The outcome of a call that was made in each of the last two steps with the same arguments, in words;
 * nothing when there is no such call. `args` is encoded text.
 */
export function repeatedCall(state: TaskState, step: number, name: string, args: string): string | undefined {
  const before = state.steps.filter((other) => other.step < step).slice(-TRIES)
  if (before.length < TRIES) return undefined
  const same = before.map(({ calls }) =>
    [...calls.values()].find(
      ({ started, outcome }) => outcome && started?.name === name && started.arguments === args,
    ),
  )
  const [first, last] = [same[0]?.outcome, same.at(-1)?.outcome]
  if (!last || same.includes(undefined) || first?.value !== last.value) return undefined
  const result = (last.ok ? last.value : last.message) ?? ''
  return `identical call already made in steps ${before.map(({ step }) => step).join(' and ')}: result was ${result.slice(0, 500)}`
}

/** What the same code showed when it ran in each of the last two steps; nothing when it did not. */
export function repeatedCode(state: TaskState, step: number, code: string): string | undefined {
  const before = state.steps.filter((other) => other.step < step).slice(-TRIES)
  if (before.length < TRIES || before.some((other) => other.code?.code !== code)) return undefined
  const steps = before.map(({ step }) => step).join(' and ')
  return `identical code already ran in steps ${steps}: result was ${before.at(-1)?.observed?.observation.slice(0, 500)}`
}
