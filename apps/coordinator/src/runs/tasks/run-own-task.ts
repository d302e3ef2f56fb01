import {
  type AgentDefinition,
  BailiwickError,
  type TaskInput,
  type TaskResult,
  type TaskSpec,
  taskResultOf,
} from '@bailiwick/contract'
import { runLoop } from '@bailiwick/core'
import type { RunContext } from '../state/run-context.ts'
import { lastAttempt } from '../state/run-state.ts'
import { taskId } from '../state/task-ids.ts'
import { carveBudget, spentOfRun } from './budget.ts'
import { createTask } from './task-lifecycle.ts'

/**
 * Runs a level-0 agent of the coordinator in the daemon, with the same loop and kind of journal as any task. After a
 * crash the loop continues from that journal, so no model call is repeated.
 */
export async function runOwnTask(
  context: RunContext,
  definition: AgentDefinition,
  work: { name: string; attempt: number; text: string; inputs: TaskInput[]; results: TaskSpec['results'] },
): Promise<TaskResult> {
  const { bus, log, watch, signal } = context
  const { name, attempt } = work
  const task = taskId(log.run, name, attempt)
  const { submitted } = log.state
  const { taken, unknown } = spentOfRun(log.state, watch.tasks)
  const budget = carveBudget({
    whole: submitted.budget,
    taken,
    shares: 2 + unknown,
    elapsedMs: Date.now() - submitted.at,
  })
  const spec: TaskSpec = {
    run: log.run,
    owner: submitted.owner,
    task,
    agent: definition.name,
    name,
    text: work.text,
    inputs: work.inputs,
    results: work.results,
    grant: { level: 0, tools: [], delegates: [], imports: [], budget, approval: 'never' },
    seed: `${log.run}/${name}/${attempt}`,
    depth: 0,
  }
  const journal = await createTask(bus, spec, 'coordinator')
  if (lastAttempt(log.state, name)?.task !== task) {
    const { name: agent } = definition
    await log.append({ type: 'task.dispatched', at: Date.now(), name, task, agent, attempt, own: true })
  }
  const model = await context.model()
  let result: TaskResult | undefined
  for await (const event of runLoop({ definition, spec, journal, tools: [], model, signal })) {
    if (event.type === 'record' && event.record.type === 'task.ended') result = taskResultOf(event.record)
  }
  if (result === undefined) throw new BailiwickError('internal', `Task ${task} stopped without a result.`)
  await log.append({ type: 'task.returned', at: Date.now(), name, task, ...result })
  return result
}
