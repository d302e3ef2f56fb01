import { type CallOutcome, type DeliveredOutcome, encodeValue, errorText } from '@bailiwick/contract/world'

/** Encodes an outcome for the guest. If the result cannot be sent, the call fails with the reason. */
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
      `the result of ${name} has ${value.length} characters, more than the limit of ${maxChars}; ask for less`,
    )
  } catch (error) {
    return failed(`the result of ${name} cannot be sent: ${errorText(error)}`)
  }
}
