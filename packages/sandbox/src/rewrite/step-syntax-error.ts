import { BailiwickError } from '@bailiwick/contract/world'
import { excerpt, lineAndColumn } from './source-edit.ts'

/** The step's code does not parse. The agent sees this error unchanged. */
export class StepSyntaxError extends BailiwickError {
  readonly line: number
  readonly column: number
  readonly excerpt: string

  constructor(message: string, source: string, offset: number) {
    super('step-syntax', message)
    this.name = 'SyntaxError'
    const place = lineAndColumn(source, offset)
    this.line = place.line
    this.column = place.column
    this.excerpt = excerpt(source, place.line, place.column)
  }
}
