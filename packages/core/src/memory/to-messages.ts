import { FINAL_ANSWER, type ModelMessage } from '@bailiwick/contract'
import type { StepState, TaskWorld } from '../journal/task-world.ts'
import { LEVEL_TABLE } from '../levels/level-table.ts'
import { planAccepted } from '../prompts/feedback.ts'
import { type FramedText, fenceData } from '../prompts/framed-text.ts'
import { observationOf } from '../prompts/observation.ts'
import { taskPrompt } from '../prompts/task-prompt.ts'
import { FOLD_KEEP, firstWholeStep, foldText } from './fold-observations.ts'
import { cut, showOutcome } from './show-outcome.ts'

/**
 * The messages of the next model request: a pure function of the system prompt and the task's state. Later
 * requests only append to earlier ones, except when observations are folded.
 *
 * @param tight folds all observations except the newest and cuts that one, for a model with a small context
 */
export function toMessages(system: string, state: TaskWorld, tight = false): ModelMessage[] {
  const messages: ModelMessage[] = [{ role: 'system', content: system }]
  // The present step has no observation yet.
  const observed = state.steps.filter(({ ended }) => ended !== undefined)
  const whole = tight ? (observed.at(-1)?.step ?? 1) : firstWholeStep(observed)
  const readable = LEVEL_TABLE[state.spec.grant.level].action === 'code'
  for (const [index, { spec, firstStep }] of state.chapters.entries()) {
    const next = state.chapters[index + 1]?.firstStep ?? Number.POSITIVE_INFINITY
    messages.push({ role: 'user', content: shownOnce(spec, 'task', () => taskPrompt(spec)) })
    for (const step of state.steps) {
      if (step.step < firstStep || step.step >= next) continue
      pushStep(messages, step, step.step < whole, readable, tight)
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
): void {
  const { plan, reply, ended } = step
  const form = folded ? (readable ? 'fold' : 'fold-unread') : tight ? 'cut' : 'whole'
  const show = (record: object, make: () => FramedText) =>
    shownOnce(record, form, () => {
      const text = make()
      return fenceData(folded ? foldText(text, step.step, readable) : tight ? cut(text, FOLD_KEEP) : text)
    })
  if (plan !== undefined) {
    messages.push({ role: 'assistant', content: plan }, { role: 'user', content: planAccepted })
  }
  if (reply === undefined || ended === undefined) return
  if (reply.calls.length === 0 || readable) {
    const shown = show(ended, () => observationOf(ended))
    const observation = readable ? `Observation:\n${shown}` : shown
    const said = folded && readable ? shortenReply(reply.text) : reply.text
    messages.push({ role: 'assistant', content: said }, { role: 'user', content: observation })
    return
  }
  // Providers require one message per call, under an id that is unique in the conversation.
  const calls = reply.calls.map((call, index) => ({ ...call, id: messageCallId(step.step, index) }))
  messages.push({ role: 'assistant', content: reply.text, calls })
  for (const [index, { id, name }] of calls.entries()) {
    const outcome = step.calls.get(callId(step.step, index))?.outcome
    const shown = outcome
      ? show(outcome, () => showOutcome(outcome))
      : name === FINAL_ANSWER
        ? show(ended, () => observationOf(ended))
        : 'not called'
    messages.push({ role: 'tool', callId: id, content: shown })
  }
}

/** The text of each spec and record, by its form. They never change, and every request shows them again. */
const shownTexts = new WeakMap<object, Record<string, string>>()

function shownOnce(source: object, form: string, make: () => string): string {
  const known = shownTexts.get(source) ?? {}
  shownTexts.set(source, known)
  known[form] ??= make()
  return known[form]
}

/** Keeps the code of an old step, which shows what exists, and drops the words before it. */
function shortenReply(text: string): string {
  const code = text.indexOf('<code>')
  return code > 200 ? `[…] ${text.slice(code)}` : text
}

/** A call's id within its task. Models repeat their own ids. */
export function callId(step: number, index: number): string {
  return `${step}.${index + 1}`
}

/** A call's id in the characters that providers allow. */
function messageCallId(step: number, index: number): string {
  return `call_${step}_${index + 1}`
}
