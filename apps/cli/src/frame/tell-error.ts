import { styleText } from 'node:util'
import { EXIT } from './exit-codes.ts'

/** Codes of errors that are the caller's to mend: exit code 2. */
const USAGE_CODES = new Set(['bad-usage', 'bad-input', 'bad-definition'])

/**
 * Prints an error on stderr (as JSON on stdout where that was asked for) and gives the exit code. Errors
 * with a code are told by their message alone; others are defects of ours and come with their stack.
 */
export function tellError(error: unknown, json: boolean): number {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  if (json) {
    process.stdout.write(`${JSON.stringify({ error: { code: code ?? 'internal', message } })}\n`)
  } else {
    const text = code === undefined && error instanceof Error ? (error.stack ?? message) : message
    process.stderr.write(`${styleText('red', 'error:', { stream: process.stderr })} ${text}\n`)
  }
  if (code === 'no-daemon') return EXIT.noDaemon
  if (code === 'interrupted') return EXIT.interrupted
  return code !== undefined && USAGE_CODES.has(code) ? EXIT.usage : EXIT.error
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
