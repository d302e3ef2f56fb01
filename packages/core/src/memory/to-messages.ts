import type { ModelMessage } from '../contract/model.ts'
import { decodeValue } from '../contract/value.ts'
import { levelRow } from '../levels/level-table.ts'
import { cut } from './cut.ts'
import { foldedBefore, foldObservation } from './fold-observations.ts'
import { showOutcome } from './show-outcome.ts'
import type { StepState, TaskState } from './task-state.ts'

/** Characters of one call's result that a prompt shows at most. */
export const RESULT_CHARS = 8_000

/** The messages of the next request: a pure function of the prompt's head and the task's state. */
export function toMessages(head: { system: string; task: string }, state: TaskState): ModelMessage[] {
  const fold = foldedBefore(state.steps.length)
  const readable = levelRow(state.spec.grant.level).acts === 'code'
  const messages: ModelMessage[] = [
    { role: 'system', content: head.system },
    { role: 'user', content: head.task },
  ]
  for (const step of state.steps) {
    const shorten = (text: string) => (step.step < fold ? foldObservation(text, step.step, readable) : text)
    messages.push(...stepMessages(step, shorten))
  }
  return messages
}

function stepMessages(step: StepState, shorten: (text: string) => string): ModelMessage[] {
  const messages: ModelMessage[] = []
  if (step.plan !== undefined) messages.push({ role: 'assistant', content: `Plan:\n${step.plan}` })
  if (step.reply === undefined) return messages
  const { text, calls } = step.reply.reply
  if (calls.length === 0) {
    messages.push({ role: 'assistant', content: text })
    if (step.observed !== undefined) messages.push({ role: 'user', content: shorten(step.observed.text) })
    return messages
  }
  const own = calls.map((call, index) => ({ ...call, id: callId(step.step, index) }))
  messages.push({ role: 'assistant', content: text, calls: own })
  for (const { id } of own) {
    const outcome = step.outcomes.find((candidate) => candidate.id === id)
    const shown =
      outcome === undefined
        ? 'Not called.'
        : showOutcome({
            ...outcome,
            value: outcome.value === undefined ? undefined : decodeValue(outcome.value),
          })
    messages.push({ role: 'tool', callId: id, content: shorten(cut(shown, RESULT_CHARS)) })
  }
  if (step.observed !== undefined && step.observed.text !== '') {
    messages.push({ role: 'user', content: shorten(step.observed.text) })
  }
  return messages
}

/** Call ids are ours: models repeat theirs. */
export function callId(step: number, index: number): string {
  return `${step}.${index + 1}`
}
