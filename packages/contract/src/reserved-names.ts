import { InputError } from './errors/input-error.ts'
import { FINAL_ANSWER, OBSERVATIONS, SEARCH_TOOLS } from './offered-functions.ts'

/** Results of the tasks before, by their names: an input of the loop's own. */
export const RESULTS = 'results'

const RESERVED = new Set(
  `${FINAL_ANSWER} ${OBSERVATIONS.name} ${SEARCH_TOOLS.name} ${RESULTS} console sleep globalThis undefined NaN Infinity eval arguments
  await break case catch class const continue debugger default delete do else enum export extends false finally for
  function if implements import in instanceof interface let new null package private protected public return static
  super switch this throw true try typeof var void while with yield async of Promise Object Array JSON Math Date`.split(
    /\s+/,
  ),
)

/** Keywords, the globals that code cannot do without, and the loop's own functions: no tool, delegate or input is called so. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name)
}

/** @throws InputError where code has this name already, so that it would not see an input that is called so */
export function checkInputName(name: string): void {
  if (isReservedName(name)) throw nameTaken(name)
}

/** An input has the name of something else in the code's world. */
export function nameTaken(name: string): InputError {
  return new InputError(`an input cannot be called "${name}": code has that name already; choose another`)
}
