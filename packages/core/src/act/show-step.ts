import type { CallReport, GuestError, Observation } from '@bailiwick/contract'
import type { Acted } from '../attempt/attempt.ts'
import { finalAfterInvention, inventionCut } from '../prompts/feedback.ts'
import { looksLikePython } from '../reply/looks-like-code.ts'
import type { ParsedReply } from '../reply/parse-reply.ts'

/** Steps left at which the model is told so. */
const FEW = 3

/** A code step's end as the model is told it: what was printed, the value, the error, and what helps. */
export function showStep(observation: Observation, parsed: ParsedReply, left: number): Acted {
  const { status, printed, preview, error, lost, final, worldHash, calls } = observation
  const refused = final !== undefined && parsed.invented && calls.length > 0
  const parts = [
    printed && `Printed:\n${printed.trimEnd()}`,
    error && (lost ? `${error.name}: ${error.message}` : showError(error, parsed)),
    !error && status !== 'ok' && `The step was stopped: ${status}.`,
    preview && `Value:\n${preview}`,
    lost,
    /^Promise\b|\bPromise \{/.test(preview) && 'The value is a promise: missing await before the call.',
    failedCalls(calls, error),
    // What is undone awaited nothing.
    !lost && unawaited(calls),
    refused ? finalAfterInvention : parsed.invented && inventionCut,
    final === undefined && left - 1 <= FEW && `${left - 1} steps left.`,
  ].filter((part) => typeof part === 'string' && part !== '')
  return {
    status: refused ? 'error' : status,
    text: parts.length > 0 ? parts.join('\n\n') : 'Done. Nothing was printed, and there is no value.',
    ...(final && !refused && { final }),
    ...(worldHash !== undefined && { worldHash }),
  }
}

function showError({ name, message, line, column, excerpt }: GuestError, parsed: ParsedReply): string {
  const where = line === undefined ? '' : ` (line ${line}${column === undefined ? '' : `, column ${column}`})`
  return [`${name}${where}: ${message}`, excerpt, advice(name, message, parsed)].filter(Boolean).join('\n')
}

function advice(name: string, message: string, parsed: ParsedReply): string {
  if (name === 'SyntaxError' && parsed.kind === 'code' && looksLikePython(parsed.code)) {
    return 'That looks like Python; only JavaScript or TypeScript runs here.'
  }
  if (name === 'SyntaxError') return 'Nothing of this step ran. Write the code again, whole.'
  if (name === 'TypeError' && /is not (a function|iterable)|of undefined/.test(message)) {
    return 'Look at what the value really is; is an await missing before the call that gave it?'
  }
  return 'What ran before the error stays. Change the code; the same again gives the same.'
}

/** Failed calls that the code handled itself, so that no error shows them. */
function failedCalls(calls: readonly CallReport[], error: GuestError | undefined): string {
  const failed = calls.filter(
    ({ ok, awaited, message }) => !ok && awaited && !error?.message.includes(message ?? ''),
  )
  return failed.map(({ id, name, message }) => `Call ${id} of ${name} failed: ${message}`).join('\n')
}

function unawaited(calls: readonly CallReport[]): string {
  const names = calls.filter(({ awaited }) => !awaited).map(({ id, name }) => `${name} (${id})`)
  return names.length > 0 ? `Missing await: the code did not wait for ${names.join(', ')}.` : ''
}
