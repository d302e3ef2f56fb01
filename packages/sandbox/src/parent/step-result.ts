import type { CallReport, UndoneTurn } from '@bailiwick/contract/world'
import type { StepEnd } from '../child/read-end.ts'
import type { StepRecord } from './world-record.ts'

/** What a step came to. */
export interface StepResult {
  record: StepRecord
  end: StepEnd | undefined
  printed: string[]
  calls: CallReport[]
  /** Why the step ended before its code did. */
  stopped?: { status: 'timeout' | 'canceled'; message: string }
  undone?: UndoneTurn & { message: string }
  usage: { wallMs: number; cpuMs: number; turns: number }
}
