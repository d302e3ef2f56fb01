import { type CallOutcome, encodeValue, type RecordOf } from '@bailiwick/contract'

/**
 * An outcome as journaled. A value that cannot be sent makes it a failed one; a failure's value is what
 * a delegate had used up.
 */
export function outcomeRecord(
  at: number,
  step: number,
  outcome: CallOutcome,
): Omit<RecordOf<'call.late'>, 'type'> {
  const { id, ms, ok } = outcome
  if (!ok) {
    const { reason, message, value } = outcome as typeof outcome & { value?: unknown }
    return {
      at,
      step,
      call: id,
      ms,
      ok,
      reason,
      message,
      ...(value !== undefined && { value: encodeValue(value) }),
    }
  }
  try {
    return { at, step, call: id, ms, ok, value: encodeValue(outcome.value) }
  } catch (error) {
    return { at, step, call: id, ms, ok: false, reason: 'error', message: (error as Error).message }
  }
}
