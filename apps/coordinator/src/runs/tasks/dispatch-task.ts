import type { TaskResult, TaskSpec } from '@bailiwick/contract'
import { fence } from '@bailiwick/core'
import type { RunContext } from '../state/run-context.ts'
import {
  type Attempt,
  completed,
  openAttempts,
  type PlannedTask,
  type RunState,
  readyTasks,
} from '../state/run-state.ts'
import { ANSWER, taskId } from '../state/task-ids.ts'
import { carveBudget, spentOfRun } from './budget.ts'
import { forkTask } from './fork-task.ts'
import { createTask, endTask, ringOrReject } from './task-lifecycle.ts'

/** Creates an attempt at a task, journals it, and puts it into its agent's queue. */
export async function dispatch(
  context: RunContext,
  task: PlannedTask,
  attempt = 1,
  lastFailure?: string,
): Promise<void> {
  const { bus, log } = context
  const { fork } = log.state.submitted
  // Only the first attempt continues the forked task.
  const forked = fork === undefined || attempt > 1 ? undefined : await forkTask(bus, fork)
  const spec = { ...(await buildSpec(context, task, attempt, lastFailure)), ...forked?.spec }
  if (forked !== undefined && fork?.model !== undefined) spec.model = fork.model
  await createTask(bus, spec, spec.agent, forked?.records)
  await log.append({
    type: 'task.dispatched',
    at: Date.now(),
    name: task.name,
    task: spec.task,
    agent: task.agent,
    attempt,
  })
  await ringOrReject(context.bus, spec)
}

/** Waits until an attempt ends and journals its result. Ends the attempt itself if no host will. */
export function settle(context: RunContext, attempt: Attempt): Promise<void> {
  const known = context.settling.get(attempt.task)
  if (known !== undefined) return known
  const settling = waitForEnd(context, attempt).then(async (result) => {
    const { name, task } = attempt
    await context.log.append({ type: 'task.returned', at: Date.now(), name, task, ...result })
    context.settling.delete(task)
  })
  // Callers that await it get its failure. After the run's end there is no caller.
  settling.catch(() => {})
  context.settling.set(attempt.task, settling)
  return settling
}

/** Rings for every open attempt again. This does not affect a bell that is waiting or that a host has taken. */
export async function ringOpenAttempts(context: RunContext): Promise<void> {
  for (const { task, agent, own } of openAttempts(context.log.state)) {
    if (!own && context.team.has(agent))
      await ringOrReject(context.bus, { run: context.log.run, task, agent })
  }
}

async function waitForEnd(context: RunContext, { task, agent }: Attempt): Promise<TaskResult> {
  const { bus, log, team, watch } = context
  const done = new AbortController()
  const signal = AbortSignal.any([context.signal, done.signal])
  team
    .untilLost(agent, signal)
    .then((message) =>
      endTask(
        bus,
        { writer: agent, run: log.run, task },
        { status: 'failed', error: { code: 'no-host', message } },
      ),
    )
    .catch(() => {})
  try {
    return await watch.end(task, signal)
  } finally {
    done.abort()
  }
}

async function buildSpec(
  context: RunContext,
  task: PlannedTask,
  attempt: number,
  lastFailure: string | undefined,
): Promise<TaskSpec> {
  const { log, team, watch } = context
  const state = log.state
  const { submitted } = state
  const member = team.member(task.agent)
  const { taken, unknown } = spentOfRun(state, watch.tasks)
  const budget = carveBudget({
    whole: submitted.budget,
    taken,
    shares: countShares(state, task.name) + unknown,
    ceiling: member.budget,
    elapsedMs: Date.now() - submitted.at,
  })
  const model = member.model
  return {
    run: log.run,
    owner: submitted.owner,
    task: taskId(log.run, task.name, attempt),
    agent: task.agent,
    name: task.name,
    text:
      lastFailure === undefined
        ? task.text
        : `${task.text}\n\nAn earlier attempt ended as ${fence('data', lastFailure)}`,
    inputs: submitted.inputs.filter(({ name }) => task.inputs.includes(name)),
    results: Object.fromEntries(
      task.after.flatMap((name) => {
        const result = completed(state, name)
        return result === undefined ? [] : [[name, result]]
      }),
    ),
    grant: await team.grant(task.agent, budget, context.signal),
    ...(model !== undefined && { model }),
    seed: `${log.run}/${task.name}/${attempt}`,
    ...(budget.wallMs !== undefined && { deadline: Date.now() + budget.wallMs }),
    depth: 0,
  }
}

/** The number of tasks that share the remaining budget: ready and later ones, and the answer. Open tasks have theirs. */
function countShares(state: RunState, name: string): number {
  const planned = state.plan?.tasks ?? []
  const notStarted = planned.filter(({ name }) => !state.attempts.has(name)).length
  const retried = name !== ANSWER && state.attempts.has(name) ? 1 : 0
  return Math.max(readyTasks(state).length, notStarted) + retried + 1
}
