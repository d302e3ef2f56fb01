import { stripTypeScriptTypes } from 'node:module'
import { loadSucrase } from './load-sucrase.ts'
import { StepSyntaxError } from './step-syntax-error.ts'

/**
 * TypeScript to JavaScript. Types are blanked out in place, so that lines and columns stay; enums,
 * namespaces and parameter properties, which are more than types, keep their lines only.
 *
 * @param asJavaScript what is wrong with the code as JavaScript, to be told where it is no TypeScript either
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

/** The stripper's error has its place in its stack: `:2`, lines of code, a line with the caret. */
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
