import type { RecordOf } from '@bailiwick/contract'
import { asFrame, type FramedText } from '../prompts/framed-text.ts'

/** The result of acting on a reply, before its answer is checked. */
export interface ActionResult {
  status: RecordOf<'step.ended'>['status']
  /** True if the reply held nothing that could be done. */
  idle?: true
  /** What the model reads. */
  observation: FramedText
  final?: { value: unknown }
  /** The encoded text of `final.value`, if it is known. */
  finalText?: string
  worldHash?: string
}

/** No observation: the step gave an answer. */
export const NOTHING = asFrame('')

/** An observation that tells the model about its mistake. */
export function mistake(text: string | FramedText): ActionResult {
  return { status: 'error', observation: typeof text === 'string' ? asFrame(text) : text }
}

/** An observation that tells the model that its reply held no action. */
export function noAction(text: string): ActionResult {
  return { ...mistake(text), idle: true }
}
