import { DefinitionError } from '@bailiwick/contract'
import { type Comment, type Program, parseSync } from 'oxc-parser'

/** A parsed file. */
export interface Source {
  file: string
  text: string
  program: Program
  comments: Comment[]
}

/** Parses a TypeScript or JavaScript file. @throws DefinitionError with the file and line of a syntax error */
export function parseSource(file: string, text: string): Source {
  const { program, comments, errors } = parseSync(file, text, { astType: 'ts' })
  const [error] = errors
  if (error !== undefined) {
    throw new DefinitionError(`${file}:${lineAt(text, error.labels[0]?.start ?? 0)}: ${error.message}`)
  }
  return { file, text, program, comments }
}

/** A node's place in the file. */
export interface Placed {
  start: number
}

/** Throws a DefinitionError with the file and the line. */
export function fail(source: Source, at: Placed, problem: string): never {
  throw new DefinitionError(`${source.file}:${lineAt(source.text, at.start)}: ${problem}`)
}

/** The text of the doc comment directly before a place; undefined if there is none. */
export function docBefore(source: Source, at: Placed): string | undefined {
  const comment = source.comments.findLast(({ end }) => end <= at.start)
  if (comment === undefined || comment.type !== 'Block' || !comment.value.startsWith('*')) return undefined
  return source.text.slice(comment.end, at.start).trim() === '' ? comment.value : undefined
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
