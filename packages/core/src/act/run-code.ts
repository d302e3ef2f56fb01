import { type GuestError, hasCode, type ModelReply, type Observation } from '@bailiwick/contract'
import type { Attempt } from '../attempt/attempt.ts'
import { repeatedCode } from '../gate/repeated-action.ts'
import type { CallState, StepState } from '../journal/task-world.ts'
import { explainName } from '../levels/explain-name.ts'
import { returnedTypes } from '../memory/returned-types.ts'
import { finalAfterInvention, inventionCut, NOTHING_SHOWN, noCode, worldLost } from '../prompts/feedback.ts'
import { asFrame, type FramedText, frame, joinFramed } from '../prompts/framed-text.ts'
import { looksLikePython } from '../reply/looks-like-code.ts'
import { type ParsedReply, parseCode } from '../reply/parse-reply.ts'
import { type ActionResult, mistake, noAction } from './action-result.ts'
import { showCalls } from './show-calls.ts'

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
    return noAction(noCode(parsed.kind === 'nothing' ? parsed.problem : 'no-code', reply.finish === 'length'))
  }
  const repeated = step.code ? undefined : repeatedCode(attempt.state, step.step, parsed.code)
  if (repeated !== undefined)
    return mistake(frame`${repeated}\nIt was not run again. Do something else, or answer.`)
  try {
    const observation = await attempt.world.execute(step, parsed.code)
    return showStep(attempt, observation, step, parsed, left, returnedTypes(attempt.state, [step]))
  } catch (error) {
    if (!hasCode(error, 'diverged')) throw error
    return mistake(worldLost)
  }
}

/** Shows the model what its code printed, its value, its error, and advice. */
function showStep(
  attempt: Attempt,
  observation: Observation,
  step: StepState,
  parsed: ParsedReply,
  left: number,
  types: FramedText | undefined,
): ActionResult {
  const { status, printed, preview, error, lost, final, finalText, worldHash, calls } = observation
  const refused = final !== undefined && parsed.invented && calls.length > 0
  const isPromise = /^Promise\b|\bPromise \{/.test(preview)
  const isLate = final === undefined && left - 1 <= FEW_STEPS
  const shown = joinFramed(
    [
      printed !== '' && frame`Printed:\n${printed.trimEnd()}`,
      error &&
        (lost
          ? frame`Error:\n${`${error.name}: ${error.message}`}`
          : showError(attempt, error, failedCall(observation, step), parsed)),
      !error && status !== 'ok' && asFrame(`The step was stopped: ${status}.`),
      preview !== '' && frame`Value:\n${preview}`,
      lost !== undefined && asFrame(lost),
      isPromise && asFrame('The value is a promise: missing await before the call.'),
      showCalls(observation, parsed.kind === 'code' ? parsed.code : ''),
      asFrame(refused ? finalAfterInvention : parsed.invented ? inventionCut : ''),
      final === undefined && types,
      isLate && asFrame(`${left - 1} steps left.`),
    ],
    '\n\n',
  )
  return {
    status: refused ? 'error' : status,
    observation: shown.text === '' && final === undefined ? asFrame(NOTHING_SHOWN) : shown,
    ...(final && !refused && { final, ...(finalText !== undefined && { finalText }) }),
    ...(worldHash !== undefined && { worldHash }),
  }
}

/** The outcome of the call that made the step fail, if a call did. */
function failedCall({ calls, error }: Observation, step: StepState): CallState['outcome'] {
  const failed = calls.find(({ ok, message }) => !ok && message && error?.message.includes(message))
  return failed && step.calls.get(failed.id)?.outcome
}

function showError(
  { state }: Attempt,
  { name, message, line, column, excerpt }: GuestError,
  failed: CallState['outcome'],
  parsed: ParsedReply,
): FramedText {
  const where = line === undefined ? '' : ` (line ${line}${column === undefined ? '' : `, column ${column}`})`
  const unknown = name === 'ReferenceError' ? /^(\S+) is not defined/.exec(message)?.[1] : undefined
  const meaning = unknown && explainName(state, unknown)
  const thrown = [`${name}${where}: ${message}`, excerpt, meaning].filter(Boolean).join('\n')
  return frame`Error:\n${thrown}\n${asFrame(failed ? adviceOnCall(failed) : advice(name, message, parsed))}`
}

function adviceOnCall({ transient }: NonNullable<CallState['outcome']>): string {
  const what = transient
    ? 'Do something else first, or call it again.'
    : 'Change the call, or go another way.'
  return `What ran before the error stays. ${what}`
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
