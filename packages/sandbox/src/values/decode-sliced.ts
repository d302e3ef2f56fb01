import { decodeValue } from '@bailiwick/contract/world'
import { decodeInPieces } from './decode-in-pieces.ts'
import { inSlices } from './in-slices.ts'
import { nextTurn, turnIsOver } from './loop-turn.ts'

/** Texts up to this length are decoded at once: it takes about a millisecond. */
const AT_ONCE_CHARS = 16_384

/** True where decoding must take turns with everything else. */
export function isLong(text: string): boolean {
  return text.length > AT_ONCE_CHARS
}

/**
 * `decodeValue` of the contract without holding the loop up: it is a guest that chooses how long the
 * text is. @throws SyntaxError, RangeError where it holds too many values
 */
export async function decodeSliced(text: string): Promise<unknown> {
  if (isLong(text)) return inSlices(decodeInPieces(text))
  while (turnIsOver()) await nextTurn()
  return decodeValue(text)
}
