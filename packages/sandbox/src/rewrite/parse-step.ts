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
 * Parses a step: as JavaScript first, and where that fails as TypeScript with its types blanked out.
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
    // Types are blanked out in place, so the offset is the agent's too.
    throw new StepSyntaxError(plain(error.message), source.length === code.length ? code : source, error.pos)
  }
}

function isAcornError(error: unknown): error is SyntaxError & { pos: number } {
  return error instanceof SyntaxError && typeof (error as { pos?: unknown }).pos === 'number'
}

/** The parser recurses: code nested ten thousand deep ends it, and only it. */
function tooDeep(error: unknown, code: string): Error {
  if (error instanceof RangeError) return new StepSyntaxError('the code is nested too deeply', code, 0)
  return error instanceof Error ? error : new Error(String(error))
}

/** Without the position that acorn appends: it is shown as line and caret. */
function plain(message: string): string {
  return message.replace(/ \(\d+:\d+\)$/, '')
}
