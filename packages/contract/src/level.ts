import { z } from 'zod'

/**
 * Names of the agency levels: how much the model's output decides. They follow the six rows of smolagents' "agency"
 * table. A level's number is its index in this list.
 */
export const LEVEL_NAMES = [
  'processor',
  'router',
  'tool-caller',
  'multi-step',
  'multi-agent',
  'code',
] as const

/** The number of an agency level. */
export type Level = 0 | 1 | 2 | 3 | 4 | 5
/** The name of an agency level. */
export type LevelName = (typeof LEVEL_NAMES)[number]

/** Accepts a level by number or by name and returns its number. */
export const levelSchema = z.lazy(() =>
  z
    .union([z.literal([0, 1, 2, 3, 4, 5]), z.enum(LEVEL_NAMES)], {
      error: (issue) =>
        `expected a level from 0 to 5 or one of ${LEVEL_NAMES.join(', ')}; found ${JSON.stringify(issue.input)}`,
    })
    .transform(levelNumber),
)

/** The name of a level: `levelName(5)` is `"code"`. */
export function levelName(level: Level): LevelName {
  return LEVEL_NAMES[level]
}

/** The number of a valid level. */
export function levelNumber(level: Level | LevelName): Level {
  return typeof level === 'number' ? level : (LEVEL_NAMES.indexOf(level) as Level)
}
