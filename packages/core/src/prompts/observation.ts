import type { RecordOf } from '@bailiwick/contract'
import { asData, asFrame, type FramedText } from './framed-text.ts'

/** A step's observation. All of it is data if its record does not say which parts are. */
export function observationOf(
  ended: Pick<RecordOf<'step.ended'>, 'observation' | 'data'> | undefined,
): FramedText {
  if (ended === undefined) return asFrame('')
  const { observation: text, data } = ended
  return data === undefined ? asData(text) : { text, data }
}
