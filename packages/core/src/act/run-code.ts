import {
  type CallReport,
  type GuestError,
  hasCode,
  type ModelReply,
  type Observation,
} from '@bailiwick/contract'
import type { Attempt } from '../attempt/attempt.ts'
import { repeatedCode } from '../gate/repeated-action.ts'
import type { StepState } from '../journal/task-world.ts'
import { finalAfterInvention, inventionCut, noCode, worldLost } from '../prompts/feedback.ts'
import { asFrame, asName, type FramedText, frame, joinFramed } from '../prompts/framed-text.ts'
import { looksLikePython } from '../reply/looks-like-code.ts'
import { type ParsedReply, parseCode } from '../reply/parse-reply.ts'
import { type ActionResult, mistake } from './action-result.ts'

/** The model learns how many steps are left when there are at most this many. */
const FEW_STEPS = 3

/** Level 5: runs the code of a reply in the task's world. After a crash, continues where the journal ends. */
export async function runCode(
  attempt: Attempt,
  step: StepState,
  reply: ModelReply,
  left: number,
): Promise<ActionResult> {
  const parsed = parseCode(reply, attempt.options.parses)
  if (parsed.kind !== 'code') {
    return mistake(noCode(parsed.kind === 'nothing' ? parsed.problem : 'no-code', reply.finish === 'length'))
  }
  const repeated = step.code ? undefined : repeatedCode(attempt.state, step.step, parsed.code)
  if (repeated !== undefined)
    return mistake(frame`${repeated}\nIt was not run again. Do something else, or answer.`)
  try {
    return showStep(await attempt.world.execute(step, parsed.code), parsed, left)
  } catch (error) {
    if (!hasCode(error, 'diverged')) throw error
    return mistake(worldLost)
  }
}

/** Shows the model what its code printed, its value, its error, and advice. */
function showStep(observation: Observation, parsed: ParsedReply, left: number): ActionResult {
  const { status, printed, preview, error, lost, final, finalText, worldHash, calls } = observation
  const refused = final !== undefined && parsed.invented && calls.length > 0
  const isPromise = /^Promise\b|\bPromise \{/.test(preview)
  const isLate = final === undefined && left - 1 <= FEW_STEPS
  const shown = joinFramed(
    [
      printed !== '' && frame`Printed:\n${printed.trimEnd()}`,
      error && (lost ? frame`Error:\n${`${error.name}: ${error.message}`}` : showError(error, parsed)),
      !error && status !== 'ok' && asFrame(`The step was stopped: ${status}.`),
      preview !== '' && frame`Value:\n${preview}`,
      lost !== undefined && asFrame(lost),
      isPromise && asFrame('The value is a promise: missing await before the call.'),
      failedCalls(calls, error),
      // A voided turn awaited nothing.
      !lost && unawaited(calls),
      asFrame(refused ? finalAfterInvention : parsed.invented ? inventionCut : ''),
      isLate && asFrame(`${left - 1} steps left.`),
    ],
    '\n\n',
  )
  return {
    status: refused ? 'error' : status,
    observation: shown.text === '' ? asFrame('Done. Nothing was printed, and there is no value.') : shown,
    ...(final && !refused && { final, ...(finalText !== undefined && { finalText }) }),
    ...(worldHash !== undefined && { worldHash }),
  }
}

function showError({ name, message, line, column, excerpt }: GuestError, parsed: ParsedReply): FramedText {
  const where = line === undefined ? '' : ` (line ${line}${column === undefined ? '' : `, column ${column}`})`
  const thrown = [`${name}${where}: ${message}`, excerpt].filter(Boolean).join('\n')
  return frame`Error:\n${thrown}\n${asFrame(advice(name, message, parsed))}`
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

/** Failed calls that the error does not mention, because the code handled them. */
function failedCalls(calls: readonly CallReport[], error: GuestError | undefined): FramedText {
  const failed = calls.filter(
    ({ ok, awaited, message }) => !ok && awaited && !error?.message.includes(message ?? ''),
  )
  return joinFramed(
    failed.map(
      ({ id, name, message = '' }) => frame`Call ${asName(id)} of ${asName(name)} failed: ${message}`,
    ),
    '\n',
  )
}

function unawaited(calls: readonly CallReport[]): FramedText | undefined {
  const names = calls
    .filter(({ awaited }) => !awaited)
    .map(({ id, name }) => frame`${asName(name)} (${asName(id)})`)
  return names.length > 0
    ? frame`Missing await: the code did not wait for ${joinFramed(names, ', ')}.`
    : undefined
}
