import type { StepState } from '../journal/task-state.ts'
import type { CodeTask } from './code-task.ts'

/** Processes that may die in one turn, one after the other: it may be what kills them. */
export const MAX_DEATHS = 2

/**
 * Journals that a step's code begins; or, where a host died in the middle of it, that the turn under way is
 * begun again. A turn that hosts do not survive is not: it is undone, and the step ends.
 */
export async function beginStep(
  { state, now, record, flushed }: CodeTask,
  step: StepState,
  code: string,
  { functions, cards }: { functions: string[]; cards: string },
): Promise<void> {
  const at = now()
  if (step.code === undefined) {
    const { seed } = state.spec
    record({ type: 'step.started', at, step: step.step, code, clock: at, seed, functions, cards })
    return
  }
  if (!isUnderWay(step)) return
  const turn = step.turns.length
  if (step.begun < MAX_DEATHS) {
    record({ type: 'turn.restarted', at, step: step.step, turn })
    // What dies at once must have been counted.
    await flushed()
    return
  }
  const message = `${step.begun} processes died in it, one after the other`
  const lost = step.inputs[turn - 1]
  record({
    type: 'turn.voided',
    at,
    step: step.step,
    turn,
    reason: 'crashed',
    message,
    ...(lost && { lost }),
  })
}

/** Whether a turn was begun that has not committed: the code itself, or what it does on the last input. */
function isUnderWay({ turns, inputs, voided }: StepState): boolean {
  return voided === undefined && turns.at(-1)?.done !== true && inputs.length >= turns.length
}
