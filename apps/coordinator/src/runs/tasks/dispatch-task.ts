import type { Budget, TaskSpec } from '@bailiwick/contract'
import { fence } from '@bailiwick/core'
import { answerText } from '../state/answer-text.ts'
import type { RunContext } from '../state/run-context.ts'
import { completedResults, describeFailure } from '../state/run-outcome.ts'
import {
  type Attempt,
  completed,
  isDirect,
  openAttempts,
  type PlannedTask,
  type RunState,
  readyTasks,
} from '../state/run-state.ts'
import { ANSWER, taskId } from '../state/task-ids.ts'
import { carveBudget, hasSpentLimits, smallest, spentOfRun, wallTimeLeft } from './budget.ts'
import { describeFiles } from './describe-files.ts'
import { forkTask } from './fork-task.ts'
import { createTask, readEnd, ringOrReject } from './task-lifecycle.ts'

/** An attempt at a task that is about to start. */
export interface NewAttempt {
  name: string
  agent: string
  attempt: number
}

/**
 * Journals attempts, then creates their tasks and puts them into their agents' queues. If the coordinator dies in
 * between, the next one finds the attempts in the run's journal and creates their tasks.
 */
export async function dispatch(context: RunContext, attempts: readonly NewAttempt[]): Promise<void> {
  const { log } = context
  const budgets = await carveBudgets(context, attempts)
  for (const [index, { name, agent, attempt }] of attempts.entries()) {
    const budget = budgets?.[index]
    const task = taskId(log.run, name, attempt)
    log.add({
      type: 'task.dispatched',
      at: Date.now(),
      name,
      task,
      agent,
      attempt,
      ...(budget !== undefined && { budget }),
    })
  }
  await log.flush()
  await createTasks(context)
}

/** Creates the tasks of attempts that have no journal yet, and rings their bells. */
export async function createTasks(context: RunContext): Promise<void> {
  const { log, index } = context
  const missing = openAttempts(log.state).filter(
    ({ task, own }) => !own && index.task(log.run, task)?.created === 0,
  )
  await Promise.all(missing.map((attempt) => createAttempt(context, attempt)))
}

/** Journals the results of attempts that have ended, with the next flush. */
export async function returnEnded(context: RunContext): Promise<void> {
  const { log, index, ends, own } = context
  for (const { name, task, agent, own: isOwn } of openAttempts(log.state)) {
    const isOpen = own.has(task) || index.task(log.run, task) !== undefined
    const writer = isOwn ? 'coordinator' : agent
    const result =
      ends.get(task) ?? (isOpen ? undefined : await readEnd(context.bus, { writer, run: log.run, task }))
    if (result === undefined) continue
    log.add({ type: 'task.returned', at: Date.now(), name, task, ...result })
    ends.delete(task)
  }
}

async function createAttempt(context: RunContext, attempt: Attempt): Promise<void> {
  const { bus, index, log } = context
  const { fork } = log.state.submitted
  // Only the first attempt continues the forked task.
  const forked = fork === undefined || attempt.attempt > 1 ? undefined : await forkTask(bus, fork)
  const spec = { ...(await buildSpec(context, attempt)), ...forked?.spec }
  if (forked !== undefined && fork?.model !== undefined) spec.model = fork.model
  const sequence = await createTask(bus, spec, forked?.records)
  index.created(spec, sequence)
  context.needHost(spec.agent)
  await ringOrReject(bus, spec)
}

async function buildSpec(context: RunContext, attempt: Attempt): Promise<TaskSpec> {
  const { index, log, team } = context
  const state = log.state
  const { submitted } = state
  const task = plannedTask(state, attempt.name)
  const member = team.member(attempt.agent)
  const left = wallTimeLeft(index.get(log.run))
  const budget = smallest({ ...attempt.budget, ...left }, member.budget ?? {})
  const failure = lastFailure(state, attempt)
  const { model } = member
  const results = Object.fromEntries(
    task.after.flatMap((name) => {
      const result = completed(state, name)
      return result === undefined ? [] : [[name, result]]
    }),
  )
  const files = Object.values(results).flatMap(({ artifacts }) => artifacts)
  const resultFiles = await describeFiles(context.bus, log.run, files, context.signal)
  return {
    run: log.run,
    owner: submitted.owner,
    task: attempt.task,
    agent: attempt.agent,
    name: attempt.name,
    text:
      failure === undefined
        ? task.text
        : `${task.text}\n\nAn earlier attempt ended as ${fence('data', failure)}`,
    ...(task.text !== submitted.text && attempt.name !== ANSWER && { request: submitted.text }),
    ...(isDirect(state) && { reader: 'person' as const }),
    inputs: submitted.inputs.filter(({ name }) => task.inputs.includes(name)),
    results,
    ...(Object.keys(resultFiles).length > 0 && { resultFiles }),
    grant: await team.grant(attempt.agent, budget, context.signal),
    ...(model !== undefined && { model }),
    seed: `${log.run}/${attempt.name}/${attempt.attempt}`,
    // Waiting for people defers the end of the run. A task that asks nobody knows the end when it starts.
    ...(left.wallMs !== undefined &&
      !team.asksPeople(attempt.agent) && { deadline: Date.now() + left.wallMs }),
    depth: 0,
  }
}

/** A task of the plan, or the task that writes the answer. */
function plannedTask(state: RunState, name: string): Omit<PlannedTask, 'name' | 'agent'> {
  const planned = state.plan?.tasks.find((task) => task.name === name)
  if (planned !== undefined) return planned
  return { text: answerText(state), after: Object.keys(completedResults(state)), inputs: [] }
}

/** Why the previous attempt failed, unless it was routed on. */
function lastFailure(state: RunState, { name, attempt }: Attempt): string | undefined {
  if (name === ANSWER) return undefined
  const before = state.attempts.get(name)?.find((other) => other.attempt === attempt - 1)
  return before?.returned === undefined || before.routedTo !== undefined
    ? undefined
    : describeFailure(before.returned)
}

/** The share of each attempt in what is left of the run's budget. Undefined if the budget has no such limits. */
async function carveBudgets(
  context: RunContext,
  attempts: readonly NewAttempt[],
): Promise<Budget[] | undefined> {
  const { log, team } = context
  const { submitted } = log.state
  if (!hasSpentLimits(submitted.budget)) return undefined
  const { tasks } = await context.views()
  const { taken, unknown } = spentOfRun(log.state, tasks)
  return attempts.map(({ name, agent }) => {
    const { wallMs: _, ...budget } = carveBudget({
      whole: submitted.budget,
      taken,
      shares: countShares(log.state, name) + unknown,
      ceiling: team.member(agent).budget,
    })
    return budget
  })
}

/** The number of tasks that share the remaining budget: ready and later ones, and the writer's. Open tasks have theirs. */
function countShares(state: RunState, name: string): number {
  const planned = state.plan?.tasks ?? []
  const notStarted = planned.filter(({ name }) => !state.attempts.has(name)).length
  const retried = name !== ANSWER && state.attempts.has(name) ? 1 : 0
  const written = isDirect(state) ? 0 : 1
  return Math.max(1, Math.max(readyTasks(state).length, notStarted) + retried + written)
}
