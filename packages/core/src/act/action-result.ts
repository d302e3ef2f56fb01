import type { RecordOf } from '@bailiwick/contract'

/** The result of acting on a reply, before its answer is checked. */
export interface ActionResult {
  status: RecordOf<'step.ended'>['status']
  /** The observation that the model reads. */
  text: string
  final?: { value: unknown }
  worldHash?: string
}

/** An observation that tells the model about its mistake. */
export function mistake(text: string): ActionResult {
  return { status: 'error', text }
}
