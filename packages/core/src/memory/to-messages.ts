import { FINAL_ANSWER, type ModelMessage, type ModelReply, type RecordOf } from '@bailiwick/contract'
import type { StepState, TaskWorld } from '../journal/task-world.ts'
import { LEVEL_TABLE } from '../levels/level-table.ts'
import { answerAccepted, lastAnswer, NOTHING_SHOWN, planAccepted } from '../prompts/feedback.ts'
import { asFrame, type FramedText, fenceData, frame, joinFramed } from '../prompts/framed-text.ts'
import { observationOf } from '../prompts/observation.ts'
import { taskPrompt } from '../prompts/task-prompt.ts'
import {
  foldText,
  leftOut,
  OBSERVATION_CHARS,
  shortenReply,
  shownSteps,
  TIGHT_CHARS,
  whereWhole,
} from './fold-observations.ts'
import { returnedTypes } from './returned-types.ts'
import { cut, delegateNames, showCall, showValue } from './show-outcome.ts'

/** The newest observation keeps this many characters for a model with a small context. */
const TIGHT_CUT = 3_000

/**
 * The messages of the next model request: a pure function of the system prompt and the task's state. Later
 * requests only append to earlier ones, except when observations are folded.
 *
 * @param options.tight folds all observations except the newest and cuts that one, for a model with a small context
 * @param options.observationChars how much of the steps is shown whole; default: {@link OBSERVATION_CHARS}
 */
export function toMessages(
  system: string,
  state: TaskWorld,
  {
    tight = false,
    observationChars = OBSERVATION_CHARS,
  }: { tight?: boolean; observationChars?: number } = {},
): ModelMessage[] {
  const messages: ModelMessage[] = [{ role: 'system', content: system }]
  // The present step has no observation yet.
  const observed = state.steps.filter(({ ended }) => ended !== undefined)
  const shown = shownSteps(observed, tight ? TIGHT_CHARS : observationChars)
  const whole = tight ? (observed.at(-1)?.step ?? 1) : shown.whole
  const delegates = delegateNames(state.spec)
  const readable = LEVEL_TABLE[state.spec.grant.level].action === 'code'
  for (const [index, { spec, firstStep, lastReply }] of state.chapters.entries()) {
    const next = state.chapters[index + 1]?.firstStep ?? Number.POSITIVE_INFINITY
    const steps = state.steps.filter(({ step }) => step >= firstStep && step < next)
    const left = steps.filter(({ step }) => step < shown.first)
    const prompt = shownOnce(spec, 'task', () => taskPrompt(spec, index > 0))
    const types =
      readable &&
      returnedTypes(
        state,
        steps.filter(({ step }) => step < whole),
      )
    const notes = [prompt, leftOut(left, readable), types && fenceData(types)]
    messages.push({ role: 'user', content: notes.filter(Boolean).join('\n\n') })
    for (const step of steps.slice(left.length)) {
      pushStep(messages, step, step.step < whole, readable, tight, delegates)
    }
    // The next chapter follows the last answer of this one.
    if (lastReply !== undefined && next !== Number.POSITIVE_INFINITY) {
      messages.push(
        { role: 'user', content: lastAnswer('steps') },
        { role: 'assistant', content: lastReply.text },
      )
    }
  }
  return messages
}

function pushStep(
  messages: ModelMessage[],
  step: StepState,
  folded: boolean,
  readable: boolean,
  tight: boolean,
  delegates: ReadonlySet<string>,
): void {
  const { plan, reply, ended } = step
  const form = folded ? (readable ? 'fold' : 'fold-unread') : tight ? 'cut' : 'whole'
  const show = (record: object, make: () => FramedText) =>
    shownOnce(record, form, () => {
      const text = make()
      const where = whereWhole(step.step, readable)
      return fenceData(
        folded ? foldText(text, step.step, readable) : tight ? cut(text, TIGHT_CUT, where) : text,
      )
    })
  if (plan !== undefined) {
    messages.push({ role: 'assistant', content: plan }, { role: 'user', content: planAccepted })
  }
  if (reply === undefined || ended === undefined) return
  if (reply.calls.length === 0 || readable) {
    const shown = show(ended, () => withAnswer(reply, ended))
    const said = folded && readable ? shortenReply(reply.text) : reply.text
    messages.push({ role: 'assistant', content: said })
    if (shown !== '') messages.push({ role: 'user', content: readable ? `Observation:\n${shown}` : shown })
    return
  }
  // Providers require one message per call, under an id that is unique in the conversation.
  const calls = reply.calls.map((call, index) => ({ ...call, id: messageCallId(step.step, index) }))
  messages.push({ role: 'assistant', content: reply.text, calls })
  for (const [index, { id, name, arguments: args }] of calls.entries()) {
    const outcome = step.calls.get(callId(step.step, index))?.outcome
    const shown = outcome
      ? show(outcome, () => showCall(outcome, { name, args }, delegates))
      : name === FINAL_ANSWER
        ? show(ended, () =>
            ended.final === undefined ? observationOf(ended) : asFrame(`${answerAccepted}.`),
          )
        : 'not called'
    messages.push({ role: 'tool', callId: id, content: shown })
  }
}

/** A step's observation, with the answer that it gave, if the reply's text is not the answer itself. */
function withAnswer(reply: ModelReply, ended: RecordOf<'step.ended'>): FramedText {
  const observation = observationOf(ended)
  if (ended.final === undefined) return observation
  const answer = showValue(ended.final)
  if (answer.text === reply.text.trim()) return observation
  return joinFramed(
    // Older journals have this text beside an answer.
    [observation.text !== NOTHING_SHOWN && observation, frame`${asFrame(answerAccepted)}:\n${answer}`],
    '\n\n',
  )
}

/** The text of each spec and record, by its form. They never change, and every request shows them again. */
const shownTexts = new WeakMap<object, Record<string, string>>()

function shownOnce(source: object, form: string, make: () => string): string {
  const known = shownTexts.get(source) ?? {}
  shownTexts.set(source, known)
  known[form] ??= make()
  return known[form]
}

/** A call's id within its task. Models repeat their own ids. */
export function callId(step: number, index: number): string {
  return `${step}.${index + 1}`
}

/** A call's id in the characters that providers allow. */
function messageCallId(step: number, index: number): string {
  return `call_${step}_${index + 1}`
}
