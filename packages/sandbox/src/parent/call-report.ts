import type { CallReport } from '@bailiwick/contract/world'

/** The state of one call. */
export interface CallState {
  id: string
  name: string
  args: unknown
  /** Undefined after success. */
  failure: { reason: string; message: string } | undefined
  ms: number
  awaited: boolean
}

/** The failure of a call that has no outcome. */
export const NO_OUTCOME = { reason: 'canceled', message: 'no outcome' }

export function callReport({ id, name, args, failure, ms, awaited }: CallState): CallReport {
  // Written field by field: a rest spread was a large part of the cost of a thousand calls.
  if (failure === undefined) return { id, name, args, ms, awaited, ok: true }
  return { id, name, args, ms, awaited, ok: false, reason: failure.reason, message: failure.message }
}

/** A refused import is in the report even if the code caught the error. */
export function refusedImport(step: number, module: string, message: string): CallState {
  const failure = { reason: 'refused', message }
  return { id: `${step}.import`, name: 'import', args: { module }, failure, ms: 0, awaited: true }
}
