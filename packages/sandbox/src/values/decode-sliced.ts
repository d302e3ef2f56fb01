import { decodeValue } from '@bailiwick/contract/world'
import { decodeInPieces } from './decode-in-pieces.ts'
import { inSlices } from './in-slices.ts'
import { nextTurn, turnIsOver } from './loop-turn.ts'

/** Texts up to this length are decoded at once, which takes about a millisecond. */
const AT_ONCE_CHARS = 16_384

/** Tells whether decoding a text must be spread over several turns of the event loop. */
export function isLong(text: string): boolean {
  return text.length > AT_ONCE_CHARS
}

/**
 * Decodes text as the contract's `decodeValue` does, without blocking the event loop, because a guest chooses the
 * length of the text.
 *
 * @throws SyntaxError
 */
export async function decodeSliced(text: string): Promise<unknown> {
  if (isLong(text)) return inSlices(decodeInPieces(text))
  while (turnIsOver()) await nextTurn()
  return decodeValue(text)
}
