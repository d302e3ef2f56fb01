import { type CallOutcome, type DeliveredOutcome, encodeValue } from '@bailiwick/contract/world'

/** An outcome as the guest gets it. A result that cannot be sent makes a failed call, which says why. */
export function encodeOutcome(
  { id, name }: { id: string; name: string },
  outcome: CallOutcome,
  maxChars: number,
): DeliveredOutcome {
  if (!outcome.ok) return { id, ok: false, reason: outcome.reason, message: outcome.message }
  const failed = (message: string) => ({ id, ok: false, reason: 'error', message }) as const
  try {
    const value = encodeValue(outcome.value)
    if (value.length <= maxChars) return { id, ok: true, value }
    return failed(
      `the result of ${name} is longer than ${maxChars} characters (${value.length}); ask for less of it`,
    )
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return failed(`the result of ${name} cannot be sent: ${why}`)
  }
}
