import { LEVEL_NAMES, type Level, type LevelName } from '../contract/level.ts'

/** What a level gives the loop. One loop serves all six: a level differs by its row here. */
export interface LevelRow {
  level: Level
  name: LevelName
  /** How a reply may act: not at all, by naming a route, by rounds of JSON calls, by code. */
  acts: 'answer' | 'route' | 'calls' | 'code'
  /** Rounds of calls that are allowed; the code level counts steps instead. */
  rounds: number
  delegates: boolean
}

const row = (level: Level, acts: LevelRow['acts'], rounds: number, delegates: boolean): LevelRow =>
  Object.freeze({ level, name: LEVEL_NAMES[level], acts, rounds, delegates })

export const LEVEL_TABLE: readonly LevelRow[] = Object.freeze([
  row(0, 'answer', 0, false),
  row(1, 'route', 0, false),
  row(2, 'calls', 1, false),
  row(3, 'calls', Number.POSITIVE_INFINITY, false),
  row(4, 'calls', Number.POSITIVE_INFINITY, true),
  row(5, 'code', Number.POSITIVE_INFINITY, true),
])

/** The row of a level. */
export function levelRow(level: Level): LevelRow {
  return LEVEL_TABLE[level] as LevelRow
}
