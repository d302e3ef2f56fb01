import { BailiwickError } from '@bailiwick/contract/world'

/** The world holds values that a text cannot restore, or too many. */
export class CheckpointRefused extends BailiwickError {
  constructor(why: string) {
    super('checkpoint-refused', why)
  }
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u

/**
 * Adds the names that steps declared as constants, functions or classes to the prelude's text.
 *
 * @throws CheckpointRefused
 */
export function withNames(text: string, constants: Iterable<string>): string {
  if (text.startsWith('{"refused":')) throw new CheckpointRefused(String(JSON.parse(text).refused))
  return `{"constants":${JSON.stringify([...constants])},${text.slice(1)}`
}

/**
 * Reads the names in a checkpoint: variables that must be declared, and constants.
 *
 * @throws SyntaxError if the text is not a checkpoint
 */
export function readNames(text: string): { names: string[]; constants: string[] } {
  const { variables, constants } = JSON.parse(text) as { variables?: unknown; constants?: unknown }
  if (!Array.isArray(variables) || !Array.isArray(constants)) throw new SyntaxError('not a checkpoint')
  const names = variables.map((entry: unknown) => String(Array.isArray(entry) ? entry[0] : entry))
  // The names become part of a script.
  if (!names.every((name) => NAME.test(name))) throw new SyntaxError('not the names of variables')
  return { names, constants: constants.map(String) }
}
