import { decodeValue, encodeValue, type ModelReply, type TaskResult } from '@bailiwick/contract'
import { actRoute } from '../act/follow-route.ts'
import { actCalls } from '../act/make-calls.ts'
import { actCode } from '../act/run-code.ts'
import { actAnswer } from '../act/take-answer.ts'
import { checkAnswer } from '../answer/check-answer.ts'
import { giveLastAnswer } from '../answer/last-answer.ts'
import { resultOf } from '../answer/task-result.ts'
import { makePlan, think } from '../attempt/ask-model.ts'
import type { Acted, TaskRun } from '../attempt/attempt.ts'
import { type StepState, stepOf } from '../journal/task-state.ts'
import { answerRefused } from '../prompts/feedback.ts'

/** Think, act, observe, until there is an answer or no step is left. */
export async function runSteps(run: TaskRun): Promise<TaskResult> {
  const { state } = run
  const limit = stepLimit(run)
  for (;;) {
    const last = state.steps.at(-1)
    const present = last !== undefined && last.step >= state.firstStep ? last : undefined
    const final = present?.observed?.final
    if (final !== undefined) return resultOf(state, { status: 'completed', output: decodeValue(final) })
    const number = last === undefined ? 1 : last.observed === undefined ? last.step : last.step + 1
    if (number - state.firstStep >= limit) return giveLastAnswer(run, limit)
    const left = limit - (number - state.firstStep)
    if (run.options.definition.planEvery !== undefined) await makePlan(run, number, left)
    const step = stepOf(state, number)
    const reply = step.reply ?? (await think(run, number))
    run.signal.throwIfAborted()
    let acted = await act(run, step, reply, left)
    if (acted.final !== undefined) acted = await checked(run, step, acted, acted.final.value)
    run.signal.throwIfAborted()
    const { status, text, worldHash } = acted
    run.record({
      type: 'step.ended',
      at: run.now(),
      step: number,
      status,
      observation: text,
      ...(worldHash !== undefined && { worldHash }),
      ...(acted.final && { final: encodeValue(acted.final.value) }),
    })
    if (acted.final === undefined && run.rules.action === 'code') await run.world.checkpoint()
  }
}

/** Replies that this task may spend: the budget's, but never more repairs of one answer than the level has. */
export function stepLimit({ rules, state }: Pick<TaskRun, 'rules' | 'state'>): number {
  const { steps } = state.spec.grant.budget
  return rules.atEnd === 'repair' ? Math.min(steps ?? rules.steps, rules.steps) : (steps ?? rules.steps)
}

function act(run: TaskRun, step: StepState, reply: ModelReply, left: number): Acted | Promise<Acted> {
  switch (run.rules.action) {
    case 'answer':
      return actAnswer(run, step, reply)
    case 'route':
      return actRoute(run, step, reply, left === 1)
    case 'calls':
      return actCalls(run, step, reply)
    case 'code':
      return actCode(run, step, reply, left)
  }
}

/** An answer that does not pass goes back as an observation, and the loop goes on. */
async function checked(run: TaskRun, step: StepState, acted: Acted, value: unknown): Promise<Acted> {
  const answer = await checkAnswer(run, step, value)
  if (answer.ok) return { ...acted, final: { value: answer.value } }
  const { final: _, ...rest } = acted
  return {
    ...rest,
    status: 'error',
    text: [acted.text, answerRefused(answer.problem)].filter(Boolean).join('\n\n'),
  }
}
