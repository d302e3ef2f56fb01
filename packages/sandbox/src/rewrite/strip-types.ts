import { stripTypeScriptTypes } from 'node:module'
import { loadSucrase } from './load-sucrase.ts'
import { StepSyntaxError } from './step-syntax-error.ts'

/**
 * Turns TypeScript into JavaScript. Types are blanked out in place, so that lines and columns stay the same. Code with
 * enums, namespaces or parameter properties, which are more than types, keeps only its lines.
 *
 * @param asJavaScript the error of the code as JavaScript, which is thrown if the code is not TypeScript either
 * @throws StepSyntaxError
 */
export function stripTypes(code: string, asJavaScript: StepSyntaxError): string {
  try {
    return stripTypeScriptTypes(code)
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
      return transform(code, asJavaScript)
    throw looksTyped(code) ? (typedError(error, code) ?? asJavaScript) : asJavaScript
  }
}

function transform(code: string, asJavaScript: StepSyntaxError): string {
  try {
    return loadSucrase().transform(code, {
      transforms: ['typescript'],
      disableESTransforms: true,
      keepUnusedImports: true,
    }).code
  } catch {
    throw asJavaScript
  }
}

/** Reads the position from the stripper's error. Its stack begins with `:2`, lines of code and a line with a caret. */
function typedError(error: unknown, code: string): StepSyntaxError | undefined {
  if (!(error instanceof Error)) return undefined
  const [head, ...shown] = (error.stack ?? '').split('\n')
  const caret = shown.find((line) => /^\s*\^+\s*$/.test(line))
  const line = Number(/:(\d+)$/.exec(head ?? '')?.[1])
  const column = caret?.indexOf('^') ?? -1
  if (!(line > 0) || column < 0) return undefined
  const start =
    code
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length + (line > 1 ? 1 : 0)
  return new StepSyntaxError(error.message, code, start + column)
}

function looksTyped(code: string): boolean {
  return /:\s*(string|number|boolean|unknown|any|void|[A-Z]\w*)\b|\binterface\s|\btype\s+\w+\s*=|\benum\s|\bas\s/.test(
    code,
  )
}
