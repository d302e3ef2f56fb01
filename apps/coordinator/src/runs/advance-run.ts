import { BailiwickError, errorText, NO_USAGE, type TaskError } from '@bailiwick/contract'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { executeRun } from './nodes/execute-run.ts'
import { planDirect, planRun } from './nodes/plan-run.ts'
import { reviewRun } from './nodes/review-run.ts'
import { synthesiseRun } from './nodes/synthesise-run.ts'
import type { RunContext } from './state/run-context.ts'
import { allArtifacts, outputs, usageOfRun } from './state/run-outcome.ts'
import { lastAttempt, openAttempts, type RunState } from './state/run-state.ts'
import { ANSWER } from './state/task-ids.ts'
import { createTasks, returnEnded } from './tasks/dispatch-task.ts'
import { readEnd, stopTasks } from './tasks/task-lifecycle.ts'

/** Tasks with the run's deadline get this long to end by themselves. Milliseconds. */
export const DEADLINE_GRACE_MS = 500

/**
 * Does everything that a run can do without waiting, and journals it. Something that arrived is the reason: the run
 * itself, the end of a task, a request to cancel it, its deadline. Can be repeated, also after a crash.
 */
export async function advanceRun(context: RunContext): Promise<void> {
  const { log } = context
  const { state } = log
  if (state.ended !== undefined) return
  await returnEnded(context)
  if (state.cancel !== undefined) {
    await endRun(context, 'canceled', { code: 'canceled', message: state.cancel.reason })
  } else if (isOverdue(context)) {
    await endRun(context, 'exhausted', wallTimeError(state.submitted))
  } else {
    // A coordinator may have died between journaling an attempt and creating its task.
    await createTasks(context)
    await (state.submitted.strategy === 'direct' ? runDirect(context) : runPlan(context))
  }
  await log.flush()
}

/** Ends a run that an error has broken. */
export async function failRun(context: RunContext, error: unknown): Promise<void> {
  const code = BailiwickError.isInstance(error) ? error.code : 'internal'
  await endRun(context, 'failed', { code, message: errorText(error) })
  await context.log.flush()
}

/** One task for the whole run: there is nothing to plan or to write, so the nodes need no graph. */
async function runDirect(context: RunContext): Promise<void> {
  if (context.log.state.plan === undefined) planDirect(context)
  let next: Next = context.log.state.submitted.planOnly ? 'synthesise' : await executeRun(context)
  while (next === 'review' || next === 'execute') {
    next = next === 'review' ? await reviewRun(context) : await executeRun(context)
  }
  if (next !== 'wait') await synthesiseRun(context)
}

async function runPlan(context: RunContext): Promise<void> {
  const { state } = context.log
  let next: Next = state.plan === undefined || state.submitted.planOnly ? 'plan' : 'execute'
  if (lastAttempt(state, ANSWER) !== undefined) next = 'synthesise'
  // An invocation of the graph takes 2 ms of CPU. Most ends of tasks need only these nodes.
  if (next === 'execute') next = await executeRun(context)
  if (next === 'synthesise') next = await synthesiseRun(context)
  if (next === 'wait') return
  const { config, signal } = context
  const options = { recursionLimit: recursionLimit(config.limits), signal, configurable: { run: context } }
  await GRAPH.invoke({ next }, options)
}

type Next = 'plan' | 'execute' | 'review' | 'synthesise' | 'wait'

// The state has only the next node. Everything that happened is in the journal.
const NextNode = Annotation.Root({ next: Annotation<Next> })

type Config = { configurable?: { run?: RunContext } }

/**
 * The graph of a planned run: plan → execute → review → synthesise. It has no checkpointer, and no node waits: the
 * graph ends, and starts again at the node that the journal calls for.
 *
 * One `execute` node serves the whole plan. With a node for each task, a task would wait for its whole layer, because a
 * superstep ends when its slowest member does.
 */
const GRAPH = new StateGraph(NextNode)
  .addNode('plan', async (_, config: Config) => ({ next: await planRun(contextOf(config)) }))
  .addNode('execute', async (_, config: Config) => ({ next: await executeRun(contextOf(config)) }))
  .addNode('review', async (_, config: Config) => ({ next: await reviewRun(contextOf(config)) }))
  .addNode('synthesise', async (_, config: Config) => ({ next: await synthesiseRun(contextOf(config)) }))
  .addConditionalEdges(START, nextOf, ['plan', 'execute', 'review', 'synthesise'])
  .addConditionalEdges('plan', nextOf, ['execute', 'synthesise', END])
  .addConditionalEdges('execute', nextOf, ['review', 'synthesise', END])
  .addConditionalEdges('review', nextOf, ['execute', 'plan', 'synthesise'])
  .addEdge('synthesise', END)
  .compile()

function nextOf({ next }: { next: Next }): Exclude<Next, 'wait'> | typeof END {
  return next === 'wait' ? END : next
}

function contextOf({ configurable }: Config): RunContext {
  if (configurable?.run !== undefined) return configurable.run
  throw new BailiwickError('internal', 'A node of the graph was called without its run.')
}

/** The maximum number of supersteps of a plan within these limits. */
function recursionLimit(limits: { tasks: number; attempts: number; replans: number }): number {
  const plans = 1 + limits.replans
  return plans * (1 + 2 * limits.tasks * limits.attempts) + 3
}

function isOverdue({ index, log }: RunContext): boolean {
  const { deadline, waitsSince } = index.get(log.run) ?? {}
  return deadline !== undefined && waitsSince === undefined && Date.now() >= deadline + DEADLINE_GRACE_MS
}

function wallTimeError({ budget }: RunState['submitted']): TaskError {
  return {
    code: 'exhausted',
    limit: 'wallMs',
    message: `the run's budget (wallMs) is spent: it took longer than ${budget.wallMs} ms`,
  }
}

/** Stops the open tasks of a run, and ends it. */
async function endRun(
  context: RunContext,
  status: 'failed' | 'canceled' | 'exhausted',
  error: TaskError,
): Promise<void> {
  const { bus, log, ends } = context
  const { state } = log
  if (state.ended !== undefined) return
  await stopTasks(context, error.message)
  for (const { name, task, agent, own } of openAttempts(state)) {
    const address = { writer: own ? 'coordinator' : agent, run: log.run, task }
    const result = ends.get(task) ?? (await readEnd(bus, address))
    const canceled = { status: 'canceled' as const, error, usage: NO_USAGE, artifacts: [] }
    log.add({ type: 'task.returned', at: Date.now(), name, task, ...(result ?? canceled) })
  }
  // Keep the results so far, unless the run was canceled.
  const answer = status === 'canceled' ? undefined : outputs(state)
  log.add({
    type: 'run.ended',
    at: Date.now(),
    status,
    error,
    ...(answer !== undefined && { answer }),
    usage: await usageOfRun(context),
    artifacts: allArtifacts(state),
  })
}
