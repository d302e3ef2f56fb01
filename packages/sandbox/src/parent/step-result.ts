import type { CallReport, VoidedTurn } from '@bailiwick/contract/world'
import type { StepEnd } from '../frames/frame.ts'
import type { StepRecord } from './world-record.ts'

/** The result of a step. */
export interface StepResult {
  record: StepRecord
  end: StepEnd | undefined
  printed: string[]
  /** The final answer. */
  final?: { value: unknown; text: string }
  calls: CallReport[]
  /** Set if the step ended before its code did. */
  stopped?: { status: 'timeout' | 'canceled'; message: string }
  voided?: VoidedTurn & { message: string }
  usage: { wallMs: number; cpuMs: number; turns: number }
}
