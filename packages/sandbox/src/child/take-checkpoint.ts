import { CheckpointRefused } from './checkpoint-text.ts'
import { GuestStopped } from './guest-stopped.ts'
import type { GuestWorld } from './guest-world.ts'
import type { OpenWorld } from './open-world.ts'

/**
 * A world as text, tried at once: a second world is made from it, and has to come to the same text again.
 * `refused` says why there is none.
 */
export function takeCheckpoint(
  world: GuestWorld,
  startAnother: () => GuestWorld,
  opened: OpenWorld | undefined,
  budgetMs: number,
): { text: string; refused?: string } {
  if (opened === undefined) return { text: '', refused: 'the world is not open' }
  const most = opened.limits.checkpointChars
  try {
    const text = world.checkpoint(most, budgetMs)
    const refused = tryOut(text, startAnother(), opened, budgetMs)
    return refused === undefined ? { text } : { text: '', refused }
  } catch (error) {
    if (!(error instanceof CheckpointRefused)) throw error
    return { text: '', refused: error.message }
  }
}

function tryOut(text: string, again: GuestWorld, opened: OpenWorld, budgetMs: number): string | undefined {
  try {
    again.restore(opened, text, budgetMs)
    return again.checkpoint(opened.limits.checkpointChars, budgetMs) === text
      ? undefined
      : 'a world that was made from the text is another one'
  } catch (error) {
    if (
      !(error instanceof CheckpointRefused || error instanceof GuestStopped || error instanceof SyntaxError)
    ) {
      throw error
    }
    return `a world cannot be made from the text: ${error.message}`
  } finally {
    again.dispose()
  }
}
