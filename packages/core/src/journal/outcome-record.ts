import { type CallOutcome, encodeValue, errorText, type RecordOf } from '@bailiwick/contract'

/**
 * The fields of an outcome's record. An outcome whose value cannot be encoded is recorded as failed. The value of a
 * failed delegation is the delegate's result, for its usage.
 */
export function outcomeRecord(
  at: number,
  step: number,
  outcome: CallOutcome,
): Omit<RecordOf<'call.late'>, 'type'> {
  const { id, ms, ok } = outcome
  if (!ok) {
    const { reason, message, transient, value } = outcome as typeof outcome & { value?: unknown }
    return {
      at,
      step,
      call: id,
      ms,
      ok,
      reason,
      message,
      ...(transient && { transient }),
      ...(value !== undefined && { value: encodeValue(value) }),
    }
  }
  try {
    return { at, step, call: id, ms, ok, value: encodeValue(outcome.value), ...delegated(outcome) }
  } catch (error) {
    return { at, step, call: id, ms, ok: false, reason: 'error', message: errorText(error) }
  }
}

/** What only the record of a delegation has. */
export function delegated(outcome: CallOutcome): Pick<RecordOf<'call.ended'>, 'usage' | 'artifacts'> {
  if (!outcome.ok) return {}
  const { usage, artifacts } = outcome
  return { ...(usage && { usage }), ...(artifacts && { artifacts }) }
}
