import type { Level } from '../contract/level.ts'
import type { TaskResult } from '../contract/task.ts'
import { decodeValue, encodeValue } from '../contract/value.ts'
import { levelRow } from '../levels/level-table.ts'
import { actAnswer, actRoute } from './act-answer.ts'
import { actCalls } from './act-calls.ts'
import type { CodeWorld } from './code-world.ts'
import { checkAnswer } from './final-answer.ts'
import { lastAnswer } from './last-answer.ts'
import { makePlan } from './make-plan.ts'
import type { Acted, TaskRun } from './task-run.ts'
import { think } from './think.ts'

/** Steps where the budget names none: a model that answers or routes may repair its reply three times. */
export const DEFAULT_STEPS: Readonly<Record<Level, number>> = Object.freeze({
  0: 4,
  1: 4,
  2: 5,
  3: 20,
  4: 20,
  5: 20,
})

/** Think, act, observe, until there is an answer or no step is left. */
export async function runSteps(run: TaskRun, world: CodeWorld): Promise<TaskResult> {
  const { state } = run
  const { grant } = state.spec
  const limit = grant.budget.steps ?? DEFAULT_STEPS[grant.level]
  const final = state.steps.at(-1)?.observed?.final
  if (final !== undefined) return completed(run, decodeValue(final))
  for (;;) {
    const last = state.steps.at(-1)
    const number = last === undefined ? 1 : last.observed === undefined ? last.step : last.step + 1
    if (number > limit) return lastAnswer(run, limit)
    await makePlan(run, number, limit)
    const reply =
      last?.step === number && last.reply !== undefined ? last.reply.reply : await think(run, number)
    const acted = await checkFinal(run, await act(run, world, number, reply))
    run.record({
      type: 'observed',
      at: run.now(),
      step: number,
      status: acted.status,
      text: acted.text,
      ...(acted.worldHash === undefined ? {} : { worldHash: acted.worldHash }),
      ...(acted.final === undefined ? {} : { final: encodeValue(acted.final.value) }),
    })
    await run.flushed()
    run.signal.throwIfAborted()
    if (acted.final !== undefined) return completed(run, acted.final.value)
  }
}

function act(
  run: TaskRun,
  world: CodeWorld,
  step: number,
  reply: Parameters<typeof actCalls>[2],
): Promise<Acted> {
  switch (levelRow(run.state.spec.grant.level).acts) {
    case 'answer':
      return actAnswer(run, reply)
    case 'route':
      return actRoute(run, step, reply)
    case 'calls':
      return actCalls(run, step, reply)
    case 'code':
      return world.step(step, reply)
  }
}

/** A final answer that does not pass goes back as an observation, and the loop goes on. */
async function checkFinal(run: TaskRun, acted: Acted): Promise<Acted> {
  if (acted.final === undefined) return acted
  const checked = await checkAnswer(run, acted.final.value)
  if (checked.ok) return { ...acted, final: { value: checked.output } }
  const { final: _, ...rest } = acted
  const text = [acted.text, `The answer was not accepted:\n${checked.problem}`]
    .filter((part) => part !== '')
    .join('\n\n')
  return { ...rest, status: 'error', text }
}

function completed(run: TaskRun, output: unknown): TaskResult {
  return { status: 'completed', output, usage: run.state.usage, artifacts: [] }
}
