import { styleText } from 'node:util'
import { errorText, visibleJson, visibleText } from '@bailiwick/contract/world'
import { EXIT } from '../command/exit-codes.ts'

/** Codes of errors that the caller has to correct. */
const USAGE_CODES = new Set(['bad-usage', 'bad-input', 'bad-definition'])

/**
 * Prints an error on stderr, or with `json` on stdout as JSON, and returns the exit code. An error without a code is a
 * defect of Bailiwick, so its stack is printed.
 */
export function reportError(error: unknown, json: boolean): number {
  const code = codeOf(error)
  const message = errorText(error)
  if (json) {
    process.stdout.write(`${visibleJson(JSON.stringify({ error: { code: code ?? 'internal', message } }))}\n`)
  } else {
    const text = code === undefined && error instanceof Error ? (error.stack ?? message) : message
    process.stderr.write(`${styleText('red', 'error:', { stream: process.stderr })} ${visibleText(text)}\n`)
  }
  if (code === 'no-daemon' || code === 'daemon-silent') return EXIT.noDaemon
  if (code === 'interrupted') return EXIT.interrupted
  return code !== undefined && USAGE_CODES.has(code) ? EXIT.usage : EXIT.error
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
