import { z } from 'zod'

/**
 * Agency levels, after the six rows of smolagents' "agency" table: how much the model's output
 * decides. The index in this list is the level's number.
 */
export const LEVEL_NAMES = [
  'processor',
  'router',
  'tool-caller',
  'multi-step',
  'multi-agent',
  'code',
] as const

export type Level = 0 | 1 | 2 | 3 | 4 | 5
export type LevelName = (typeof LEVEL_NAMES)[number]

/** A level given by number or by name; always a number afterwards. */
export const levelSchema = z.lazy(() =>
  z
    .union([z.literal([0, 1, 2, 3, 4, 5]), z.enum(LEVEL_NAMES)], {
      error: (issue) =>
        `wanted a level from 0 to 5 or one of ${LEVEL_NAMES.join(', ')}; got ${JSON.stringify(issue.input)}`,
    })
    .transform(levelNumber),
)

/** `levelName(5)` is `"code"`. */
export function levelName(level: Level): LevelName {
  return LEVEL_NAMES[level]
}

/** The number of a level that was checked before. */
export function levelNumber(level: Level | LevelName): Level {
  return typeof level === 'number' ? level : (LEVEL_NAMES.indexOf(level) as Level)
}
