import { type Options, type Program, parse, type Token, tokenizer, tokTypes } from 'acorn'
import { StepSyntaxError } from './step-syntax-error.ts'
import { stripTypes } from './strip-types.ts'

/**
 * V8 runs a step as the body of an async function that is not strict. A module is strict, and strict code that V8
 * accepts there means the same: it has no `with`, octal numbers, or names such as `yield` and `await`. Only three
 * things differ: HTML-like comments, `import.meta`, and functions in blocks, which `scopeFunctions` keeps in them.
 */
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
    return { program: parseAsRun(code), source: code }
  } catch (error) {
    if (!isAcornError(error)) throw tooDeep(error, code)
    const source = stripTypes(code, new StepSyntaxError(plain(error.message), code, error.pos))
    return { program: parseStripped(source, code), source }
  }
}

function parseStripped(source: string, code: string): Program {
  try {
    return parseAsRun(source)
  } catch (error) {
    if (!isAcornError(error)) throw tooDeep(error, code)
    // Types are blanked out in place, so the offset is valid in the agent's source too.
    throw new StepSyntaxError(plain(error.message), source.length === code.length ? code : source, error.pos)
  }
}

/** Parses code that V8 understands in the same way. @throws acorn's SyntaxError; StepSyntaxError for an HTML-like comment */
function parseAsRun(source: string): Program {
  // V8 skips the rest of the line after `<!--`. To the parser it is three operators.
  const onToken = ({ type, start }: Token) => {
    if (type === tokTypes.relational && source.startsWith('<!--', start)) throw htmlComment(source, start)
  }
  try {
    return parse(source, source.includes('<!--') ? { ...OPTIONS, onToken } : OPTIONS)
  } catch (error) {
    // V8 also skips a line that begins with `-->`. To the parser it is always an error.
    const at = isAcornError(error) ? findHtmlComment(source) : undefined
    throw at === undefined ? error : htmlComment(source, at)
  }
}

/** Finds an HTML-like comment in code that does not parse. It can be wrong, so use it only to explain the error. */
function findHtmlComment(source: string): number | undefined {
  let found: number | undefined
  const onComment = (_: boolean, __: string, start: number) => {
    if (/^(?:<!--|-->)/.test(source.slice(start, start + 4))) found ??= start
  }
  try {
    const tokens = tokenizer(source, { ecmaVersion: 'latest', onComment })
    while (found === undefined && tokens.getToken().type !== tokTypes.eof);
  } catch {
    // The code has another error.
  }
  return found
}

function htmlComment(source: string, at: number): StepSyntaxError {
  const [mark, operators] = source.startsWith('<', at) ? ['<!--', '< !--'] : ['-->', '-- >']
  return new StepSyntaxError(
    `\`${mark}\` begins an HTML-like comment, which is not available here; write // for a comment, or ${operators} for operators`,
    source,
    at,
  )
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
