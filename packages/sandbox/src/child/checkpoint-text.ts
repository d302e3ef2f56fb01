/** The world holds what cannot be made again from a text, or too much. */
export class CheckpointRefused extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'CheckpointRefused'
  }
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u

/** The prelude's text with the names that steps have declared in other ways than `let` and `var`. @throws CheckpointRefused */
export function withNames(text: string, constants: Iterable<string>): string {
  if (text.startsWith('{"refused":')) throw new CheckpointRefused(String(JSON.parse(text).refused))
  return `{"constants":${JSON.stringify([...constants])},${text.slice(1)}`
}

/** The names in a checkpoint's text: what has to be declared, and the others. @throws SyntaxError for what is none */
export function readNames(text: string): { names: string[]; constants: string[] } {
  const { variables, constants } = JSON.parse(text) as { variables?: unknown; constants?: unknown }
  if (!Array.isArray(variables) || !Array.isArray(constants)) throw new SyntaxError('not a checkpoint')
  const names = variables.map((entry: unknown) => String(Array.isArray(entry) ? entry[0] : entry))
  // They become part of a script.
  if (!names.every((name) => NAME.test(name))) throw new SyntaxError('not the names of variables')
  return { names, constants: constants.map(String) }
}
