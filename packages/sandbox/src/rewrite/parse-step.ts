import { type Options, type Program, parse } from 'acorn'
import { StepSyntaxError } from './step-syntax-error.ts'
import { stripTypes } from './strip-types.ts'

const OPTIONS: Options = {
  ecmaVersion: 'latest',
  sourceType: 'module',
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
}

/**
 * Parses a step as JavaScript. If that fails, blanks out types and parses it again.
 *
 * @throws StepSyntaxError
 */
export function parseStep(code: string): { program: Program; source: string } {
  try {
    return { program: parse(code, OPTIONS), source: code }
  } catch (error) {
    if (!isAcornError(error)) throw tooDeep(error, code)
    const source = stripTypes(code, new StepSyntaxError(plain(error.message), code, error.pos))
    return { program: parseStripped(source, code), source }
  }
}

function parseStripped(source: string, code: string): Program {
  try {
    return parse(source, OPTIONS)
  } catch (error) {
    if (!isAcornError(error)) throw tooDeep(error, code)
    // Types are blanked out in place, so the offset is valid in the agent's source too.
    throw new StepSyntaxError(plain(error.message), source.length === code.length ? code : source, error.pos)
  }
}

function isAcornError(error: unknown): error is SyntaxError & { pos: number } {
  return error instanceof SyntaxError && typeof (error as { pos?: unknown }).pos === 'number'
}

/** The parser recurses, so deeply nested code overflows its stack. */
function tooDeep(error: unknown, code: string): unknown {
  return error instanceof RangeError ? new StepSyntaxError('the code is nested too deeply', code, 0) : error
}

/** Removes the position that acorn appends. The error shows it as a line with a caret. */
function plain(message: string): string {
  return message.replace(/ \(\d+:\d+\)$/, '')
}
