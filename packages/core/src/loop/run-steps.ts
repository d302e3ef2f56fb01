import { decodeValue, encodeValue, type ModelReply, type TaskResult } from '@bailiwick/contract'
import type { ActionResult } from '../act/action-result.ts'
import { followRoute } from '../act/follow-route.ts'
import { makeCalls } from '../act/make-calls.ts'
import { runCode } from '../act/run-code.ts'
import { takeAnswer } from '../act/take-answer.ts'
import { checkAnswer } from '../answer/check-answer.ts'
import { giveLastAnswer } from '../answer/last-answer.ts'
import { resultOf } from '../answer/task-result.ts'
import type { Attempt } from '../attempt/attempt.ts'
import { withdrawQuestions } from '../gate/ask-person.ts'
import { type StepState, stepOf } from '../journal/task-world.ts'
import { answerRefused, unableModel } from '../prompts/feedback.ts'
import { joinFramed } from '../prompts/framed-text.ts'
import { makePlan, think } from './think.ts'

/** A task fails after this many replies in a row without an action, unless its definition says otherwise. */
export const MAX_IDLE_REPLIES = 3

/** Thinks, acts and observes, until there is an answer or no step is left. */
export async function runSteps(attempt: Attempt): Promise<TaskResult> {
  const { state } = attempt
  const limit = stepLimit(attempt)
  attempt.signal.throwIfAborted()
  for (;;) {
    const last = state.steps.at(-1)
    const present = last !== undefined && last.step >= state.firstStep ? last : undefined
    const final = present?.ended?.final
    if (final !== undefined) return resultOf(state, { status: 'completed', output: decodeValue(final) })
    const number = last === undefined ? 1 : last.ended === undefined ? last.step : last.step + 1
    const unable = modelUnable(attempt)
    if (unable !== undefined) return resultOf(state, { status: 'failed', error: unable })
    if (number - state.firstStep >= limit) return giveLastAnswer(attempt, limit)
    const left = limit - (number - state.firstStep)
    if (attempt.options.definition.planEvery !== undefined) await makePlan(attempt, number, left)
    const step = stepOf(state, number)
    const reply = step.reply ?? (await think(attempt, number))
    attempt.signal.throwIfAborted()
    let acted = await act(attempt, step, reply, left)
    if (acted.final !== undefined) acted = await checkFinal(attempt, step, acted, acted.final.value)
    attempt.signal.throwIfAborted()
    const { status, observation, idle, worldHash } = acted
    withdrawQuestions(attempt)
    attempt.record({
      type: 'step.ended',
      at: attempt.now(),
      step: number,
      status,
      observation: observation.text,
      data: observation.data.map(([start, end]): [number, number] => [start, end]),
      ...(idle && { idle }),
      ...(worldHash !== undefined && { worldHash }),
      ...(acted.final && { final: acted.finalText ?? encodeValue(acted.final.value) }),
    })
    // The sandbox decoded this answer from the recorded text. Other answers are read back from the record in the next round.
    if (acted.final !== undefined && acted.finalText !== undefined) {
      return resultOf(state, { status: 'completed', output: acted.final.value })
    }
    if (acted.final === undefined && attempt.rules.action === 'code') await attempt.world.checkpoint()
  }
}

/** Ends a task whose model keeps replying without an action, instead of paying for all its steps. */
function modelUnable({ state, rules, options }: Attempt): TaskResult['error'] {
  const { maxIdleReplies = MAX_IDLE_REPLIES } = options.definition
  const steps = state.steps.filter(({ step, ended }) => step >= state.firstStep && ended !== undefined)
  const idle = steps.slice(steps.findLastIndex(({ ended }) => !ended?.idle) + 1)
  if (idle.length < maxIdleReplies) return undefined
  return {
    code: 'model-unable',
    message: unableModel(rules.action, idle.length, idle.at(-1)?.reply?.text ?? ''),
  }
}

/** How many steps a task may use: its budget's, but at most as many repairs as its level allows. */
function stepLimit({ rules, state }: Attempt): number {
  const { steps } = state.spec.grant.budget
  return rules.atEnd === 'repair' ? Math.min(steps ?? rules.steps, rules.steps) : (steps ?? rules.steps)
}

function act(
  attempt: Attempt,
  step: StepState,
  reply: ModelReply,
  left: number,
): ActionResult | Promise<ActionResult> {
  switch (attempt.rules.action) {
    case 'answer':
      return takeAnswer(attempt, step, reply)
    case 'route':
      return followRoute(attempt, step, reply, left === 1)
    case 'calls':
      return makeCalls(attempt, step, reply)
    case 'code':
      return runCode(attempt, step, reply, left)
  }
}

/** Checks a final answer. If it fails, its problem becomes the observation and the loop continues. */
async function checkFinal(
  attempt: Attempt,
  step: StepState,
  acted: ActionResult,
  value: unknown,
): Promise<ActionResult> {
  const answer = await checkAnswer(attempt, step, value)
  // A check may have filled in defaults or references.
  if (answer.ok && answer.value === value) return acted
  const { final: _, finalText: __, ...rest } = acted
  if (answer.ok) return { ...rest, final: { value: answer.value } }
  return {
    ...rest,
    status: 'error',
    observation: joinFramed([acted.observation, answerRefused(answer.problem)], '\n\n'),
  }
}
