import type { FinalValue, RecordOf } from '@bailiwick/contract'
import { asFrame, type FramedText } from '../prompts/framed-text.ts'

/** The result of acting on a reply, before its answer is checked. */
export interface ActionResult {
  status: RecordOf<'step.ended'>['status']
  /** What the model reads. */
  observation: FramedText
  final?: FinalValue
  worldHash?: string
}

/** No observation: the step gave an answer. */
export const NOTHING = asFrame('')

/** An observation that tells the model about its mistake. */
export function mistake(text: string | FramedText): ActionResult {
  return { status: 'error', observation: typeof text === 'string' ? asFrame(text) : text }
}
