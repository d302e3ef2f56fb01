import { FINAL_ANSWER, OBSERVATIONS, SEARCH_TOOLS } from '@bailiwick/contract'

const RESERVED = new Set(
  `${FINAL_ANSWER} ${OBSERVATIONS.name} ${SEARCH_TOOLS.name} console results sleep globalThis undefined NaN Infinity eval arguments
  await break case catch class const continue debugger default delete do else enum export extends false finally for
  function if implements import in instanceof interface let new null package private protected public return static
  super switch this throw true try typeof var void while with yield async of Promise Object Array JSON Math Date`.split(
    /\s+/,
  ),
)

/** Keywords, the globals that code cannot do without, and the loop's own functions. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name)
}
