import { NO_USAGE, type TaskError, type TaskResult, type TaskSpec } from '@bailiwick/contract'
import { type PlannedTask, readyTasks } from '../fold/next-tasks.ts'
import type { RunContext } from '../fold/run-context.ts'
import { type Attempt, completed, openAttempts, type RunState } from '../fold/run-state.ts'
import { spentOfRun } from './budget.ts'
import { carveBudget } from './carve-budget.ts'
import { endTask } from './end-task.ts'
import { forkTask } from './fork-task.ts'
import { ringOrReject } from './ring-or-reject.ts'
import { ANSWER, taskId } from './task-ids.ts'
import { createTask } from './task-lifecycle.ts'

/** Creates an attempt at a task, journals it, and rings its agent's bell. */
export async function dispatch(
  context: RunContext,
  task: PlannedTask,
  attempt = 1,
  because?: string,
): Promise<void> {
  const { bus, log } = context
  const { fork } = log.state.submitted
  // A task that is tried again begins anew.
  const forked = fork === undefined || attempt > 1 ? undefined : await forkTask(bus, fork)
  const spec = { ...(await buildSpec(context, task, attempt, because)), ...forked?.spec }
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

/**
 * Waits for an attempt to end and journals how. An attempt whose agent has no host left, and will get none,
 * is ended here.
 */
export function settle(context: RunContext, attempt: Attempt): Promise<void> {
  const known = context.settling.get(attempt.task)
  if (known !== undefined) return known
  const settling = waitForEnd(context, attempt).then(async (result) => {
    const { name, task } = attempt
    await context.log.append({ type: 'task.returned', at: Date.now(), name, task, ...result })
    context.settling.delete(task)
  })
  // Awaited by whoever waits for progress; a failure after the run ended has nobody left to hear it.
  settling.catch(() => {})
  context.settling.set(attempt.task, settling)
  return settling
}

/** Rings again for every open attempt: a bell that still waits or is worked on stays as it is. */
export async function ringAgain(context: RunContext): Promise<void> {
  for (const { task, agent, own } of openAttempts(context.log.state)) {
    if (!own && context.team.has(agent))
      await ringOrReject(context.bus, { run: context.log.run, task, agent })
  }
}

async function waitForEnd(context: RunContext, { task, agent }: Attempt): Promise<TaskResult> {
  const { bus, log, team, watch } = context
  const done = new AbortController()
  const signal = AbortSignal.any([context.signal, done.signal])
  const lost = team.untilLost(agent, signal).then(async (message) => {
    await endTask(
      bus,
      { writer: agent, run: log.run, task },
      {
        status: 'failed',
        error: { code: 'no-host', message },
      },
    )
  })
  lost.catch(() => {})
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
  because: string | undefined,
): Promise<TaskSpec> {
  const { log, team, watch } = context
  const state = log.state
  const { submitted } = state
  const member = team.member(task.agent)
  const { taken, unknown } = spentOfRun(state, watch.tasks)
  const budget = carveBudget({
    whole: submitted.budget,
    taken,
    shares: stillToCome(state, task.name) + unknown,
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
    text: because === undefined ? task.text : `${task.text}\n\n(An earlier attempt ended as ${because})`,
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

/** Tasks among which what is left of the budget is divided: ready, later, and the answer. Open ones have theirs. */
function stillToCome(state: RunState, name: string): number {
  const planned = state.plan?.tasks ?? []
  const notBegun = planned.filter(({ name }) => !state.attempts.has(name)).length
  const again = name !== ANSWER && state.attempts.has(name) ? 1 : 0
  return Math.max(readyTasks(state).length, notBegun) + again + 1
}

/** The result of a task that nobody ended. */
export function neverRan(status: 'failed' | 'canceled', error: TaskError): TaskResult {
  return { status, error, usage: NO_USAGE, artifacts: [] }
}
