import type { CallReport } from '@bailiwick/contract/world'

/** What has become of one call so far. */
export interface CallState {
  id: string
  name: string
  args: unknown
  /** Undefined where it succeeded. */
  failure: { reason: string; message: string } | undefined
  ms: number
  awaited: boolean
}

/** Of a call that nothing has come back for. */
export const NO_OUTCOME = { reason: 'canceled', message: 'no outcome' }

export function callReport({ id, name, args, failure, ms, awaited }: CallState): CallReport {
  // Field by field: of a thousand calls a step, copying what is left of an object was a good part.
  if (failure === undefined) return { id, name, args, ms, awaited, ok: true }
  return { id, name, args, ms, awaited, ok: false, reason: failure.reason, message: failure.message }
}

/** An import that was refused is in the report, whether the code caught it or not. */
export function refusedImport(step: number, module: string, message: string): CallState {
  const failure = { reason: 'refused', message }
  return { id: `${step}.import`, name: 'import', args: { module }, failure, ms: 0, awaited: true }
}
