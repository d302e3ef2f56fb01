import { type CallOutcome, type DeliveredOutcome, errorText } from '@bailiwick/contract/world'
import { encodeInPieces } from '../values/encode-in-pieces.ts'
import { inSlices } from '../values/in-slices.ts'

/**
 * Encodes an outcome for the guest. A long one takes several turns of the event loop. If the result cannot be sent, the
 * call fails with the reason.
 */
export function encodeOutcome(
  { id, name }: { id: string; name: string },
  outcome: CallOutcome,
  maxChars: number,
): DeliveredOutcome | Promise<DeliveredOutcome> {
  if (!outcome.ok) return { id, ok: false, reason: outcome.reason, message: outcome.message }
  const failed = (error: unknown): DeliveredOutcome => ({
    id,
    ok: false,
    reason: 'error',
    message: `the result of ${name} cannot be sent: ${errorText(error)}`,
  })
  const work = encodeInPieces(outcome.value, maxChars)
  try {
    const first = work.next()
    if (first.done === true) return { id, ok: true, value: first.value }
  } catch (error) {
    return failed(error)
  }
  return inSlices(work).then((value) => ({ id, ok: true, value }), failed)
}
