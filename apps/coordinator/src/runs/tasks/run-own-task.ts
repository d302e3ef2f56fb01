import { openJournal, publishLive } from '@bailiwick/bus'
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
import { carveBudget, hasSpentLimits, NOTHING, spentOfRun, wallTimeLeft } from './budget.ts'

/** A task of the coordinator's own. */
export interface OwnWork {
  name: string
  attempt: number
  text: string
  inputs: TaskInput[]
  results: TaskSpec['results']
}

/**
 * Starts a level-0 agent of the coordinator in the daemon, with the same loop and kind of journal as any task. After a
 * crash the loop continues from that journal, so no model call is repeated. Does nothing if it is at work, or if too
 * many others are: then the run gets another turn later.
 */
export async function startOwnTask(
  context: RunContext,
  definition: () => AgentDefinition,
  work: OwnWork,
): Promise<void> {
  const { log, own } = context
  const { name, attempt } = work
  const task = taskId(log.run, name, attempt)
  if (own.has(task) || !own.admit(log.run)) return
  const agent = definition()
  const spec = await ownSpec(context, agent.name, { ...work, task })
  if (lastAttempt(log.state, name)?.task !== task) {
    log.add({ type: 'task.dispatched', at: Date.now(), name, task, agent: agent.name, attempt, own: true })
  }
  await log.flush()
  own.start(log.run, task, async (signal) => {
    try {
      context.finished(task, { result: await workOn(context, agent, spec, signal) })
    } catch (error) {
      if (!signal.aborted) context.finished(task, { error })
    }
  })
}

async function ownSpec(
  { index, log, views }: RunContext,
  agent: string,
  { name, attempt, task, text, inputs, results }: OwnWork & { task: string },
): Promise<TaskSpec> {
  const { submitted } = log.state
  const { taken, unknown } = hasSpentLimits(submitted.budget)
    ? spentOfRun(log.state, (await views()).tasks)
    : { taken: NOTHING, unknown: 0 }
  const budget = carveBudget({
    whole: { ...submitted.budget, ...wallTimeLeft(index.get(log.run)) },
    taken,
    shares: 2 + unknown,
  })
  return {
    run: log.run,
    owner: submitted.owner,
    task,
    agent,
    name,
    text,
    inputs,
    results,
    grant: { level: 0, tools: [], delegates: [], imports: [], budget, approval: 'never' },
    seed: `${log.run}/${name}/${attempt}`,
    depth: 0,
  }
}

async function workOn(
  { bus, log, model }: RunContext,
  definition: AgentDefinition,
  spec: TaskSpec,
  signal: AbortSignal,
): Promise<TaskResult> {
  const { task } = spec
  const journal = openJournal(bus, { writer: 'coordinator', run: log.run, task }, { short: true })
  let result: TaskResult | undefined
  const options = { definition, spec, journal, tools: [], model: await model(), signal }
  for await (const event of runLoop(options)) {
    if (event.type === 'record' && event.record.type === 'task.ended') result = taskResultOf(event.record)
    if (event.type === 'waiting') publishLive(bus, spec, event)
  }
  if (result === undefined) throw new BailiwickError('internal', `Task ${task} stopped without a result.`)
  return result
}
