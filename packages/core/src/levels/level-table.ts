import type { Level } from '@bailiwick/contract'

/** What the loop may do at one level. Levels differ in nothing else. */
export interface LevelRules {
  /** How the loop reads a reply. */
  action: 'answer' | 'route' | 'calls' | 'code'
  /** Rounds of calls. After the last one the loop accepts only an answer. */
  rounds: number
  /** Whether the agent may start delegates. */
  delegates: boolean
  /** Model replies that a task may use if its budget does not limit the steps. */
  steps: number
  /**
   * What happens when no step is left. `answer`: the loop asks for a last answer in text. `repair`: the steps
   * were attempts at one answer, so the task fails.
   */
  atEnd: 'answer' | 'repair'
}

/** One reply and two repairs. */
const WITH_REPAIRS = 3

/** The rules of each level. */
export const LEVEL_TABLE: Readonly<Record<Level, LevelRules>> = {
  0: { action: 'answer', rounds: 0, delegates: false, steps: WITH_REPAIRS, atEnd: 'repair' },
  1: { action: 'route', rounds: 0, delegates: false, steps: WITH_REPAIRS, atEnd: 'repair' },
  2: { action: 'calls', rounds: 1, delegates: false, steps: 1 + WITH_REPAIRS, atEnd: 'repair' },
  3: { action: 'calls', rounds: Number.POSITIVE_INFINITY, delegates: false, steps: 20, atEnd: 'answer' },
  4: { action: 'calls', rounds: Number.POSITIVE_INFINITY, delegates: true, steps: 20, atEnd: 'answer' },
  5: { action: 'code', rounds: Number.POSITIVE_INFINITY, delegates: true, steps: 20, atEnd: 'answer' },
}
