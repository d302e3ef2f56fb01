import { excerpt, lineAndColumn } from './source-edit.ts'

/** The step's code does not parse. Shown to the agent as it is. */
export class StepSyntaxError extends Error {
  readonly line: number
  readonly column: number
  readonly excerpt: string

  constructor(message: string, source: string, offset: number) {
    super(message)
    this.name = 'SyntaxError'
    const place = lineAndColumn(source, offset)
    this.line = place.line
    this.column = place.column
    this.excerpt = excerpt(source, place.line, place.column)
  }
}
