import { stepOf } from '../memory/task-state.ts'
import { toMessages } from '../memory/to-messages.ts'
import { stripThinking } from '../parse/strip-thinking.ts'
import type { TaskRun } from './task-run.ts'
import { ask } from './think.ts'

/** Writes down a plan before step 1 and every so many steps, where the definition asks for it. */
export async function makePlan(run: TaskRun, step: number, limit: number): Promise<void> {
  const every = run.options.definition.planEvery
  if (every === undefined || (step - 1) % every !== 0) return
  const known = run.state.steps.find((candidate) => candidate.step === step)
  if (known?.plan !== undefined || known?.reply !== undefined) return
  const left = limit - step + 1
  const content = `Before you go on: write a short plan for the rest, as a numbered list. ${left} steps remain. Do not act yet.`
  const reply = await ask(run, step, 'plan', [...toMessages(run.head, run.state), { role: 'user', content }])
  run.record({ type: 'planned', at: run.now(), step, text: stripThinking(reply.text) })
  stepOf(run.state, step)
}
