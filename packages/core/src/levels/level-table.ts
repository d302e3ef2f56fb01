import type { Level } from '@bailiwick/contract'

/** What the loop is given at a level. The levels differ in nothing else. */
export interface LevelRules {
  /** What a reply is read as. */
  action: 'answer' | 'route' | 'calls' | 'code'
  /** Rounds of calls, after which only an answer is accepted. */
  rounds: number
  /** May start delegates. */
  delegates: boolean
  /** Replies that may be spent when the budget names no number of steps. */
  steps: number
  /**
   * How the loop ends when its steps are spent: `answer` asks for a last answer in words;
   * `repair` has only repairs of one answer to spend, and gives up.
   */
  atEnd: 'answer' | 'repair'
}

/** One reply and two repairs. */
const REPAIRED = 3

export const LEVEL_TABLE: Readonly<Record<Level, LevelRules>> = {
  0: { action: 'answer', rounds: 0, delegates: false, steps: REPAIRED, atEnd: 'repair' },
  1: { action: 'route', rounds: 0, delegates: false, steps: REPAIRED, atEnd: 'repair' },
  2: { action: 'calls', rounds: 1, delegates: false, steps: 1 + REPAIRED, atEnd: 'repair' },
  3: { action: 'calls', rounds: Number.POSITIVE_INFINITY, delegates: false, steps: 20, atEnd: 'answer' },
  4: { action: 'calls', rounds: Number.POSITIVE_INFINITY, delegates: true, steps: 20, atEnd: 'answer' },
  5: { action: 'code', rounds: Number.POSITIVE_INFINITY, delegates: true, steps: 20, atEnd: 'answer' },
}
