import { InputError } from './errors/input-error.ts'
import { FINAL_ANSWER, OBSERVATIONS, SEARCH_TOOLS } from './offered-functions.ts'

/** The loop's own input: results of the tasks that this one depends on, by name. */
export const RESULTS = 'results'

const RESERVED = new Set(
  `${FINAL_ANSWER} ${OBSERVATIONS.name} ${SEARCH_TOOLS.name} ${RESULTS} console sleep globalThis undefined NaN Infinity eval arguments
  await break case catch class const continue debugger default delete do else enum export extends false finally for
  function if implements import in instanceof interface let new null package private protected public return static
  super switch this throw true try typeof var void while with yield async of Promise Object Array JSON Math Date`.split(
    /\s+/,
  ),
)

/** True for names that no tool, delegate or input can have: keywords, basic globals and the loop's functions. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name)
}

/** @throws InputError if the name is reserved, because code could not see an input of that name */
export function checkInputName(name: string): void {
  if (isReservedName(name)) throw nameTaken(name)
}

/** The error for an input whose name is already taken in the code's world. */
export function nameTaken(name: string): InputError {
  return new InputError(
    `Expected an input name that code does not use yet, found "${name}". Choose another name.`,
  )
}
