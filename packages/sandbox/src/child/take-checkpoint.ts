import { MAX_TEXT_CHARS, type OpenWorld } from '../frames/frame.ts'
import { CheckpointRefused } from './checkpoint-text.ts'
import type { GuestWorld } from './guest-world.ts'
import { GuestStopped } from './isolate-engine.ts'

/**
 * Writes a world as text and tests it: restores a second world from the text, which must produce the same text.
 *
 * @returns the text, or '' and the reason in `refused`
 */
export function takeCheckpoint(
  world: GuestWorld,
  startAnother: () => GuestWorld,
  opened: OpenWorld | undefined,
  budgetMs: number,
): { text: string; refused?: string } {
  if (opened === undefined) return { text: '', refused: 'the world is not open' }
  const maxChars = opened.limits.checkpointChars
  try {
    const text = world.checkpoint(maxChars, budgetMs)
    const refused = tryOut(text, startAnother(), opened, budgetMs)
    return refused === undefined ? { text } : { text: '', refused }
  } catch (error) {
    if (!(error instanceof CheckpointRefused)) throw error
    return { text: '', refused: error.message.slice(0, MAX_TEXT_CHARS) }
  }
}

function tryOut(text: string, again: GuestWorld, opened: OpenWorld, budgetMs: number): string | undefined {
  try {
    again.restore(opened, text, budgetMs)
    return again.checkpoint(opened.limits.checkpointChars, budgetMs) === text
      ? undefined
      : 'the world restored from the checkpoint differs from the original'
  } catch (error) {
    if (
      !(error instanceof CheckpointRefused || error instanceof GuestStopped || error instanceof SyntaxError)
    ) {
      throw error
    }
    return `the world cannot be restored from the checkpoint: ${error.message}`.slice(0, MAX_TEXT_CHARS)
  } finally {
    again.dispose()
  }
}
