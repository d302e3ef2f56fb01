import {
  BailiwickError,
  errorText,
  hasCode,
  NO_USAGE,
  type TaskError,
  taskResultOf,
} from '@bailiwick/contract'
import { Annotation, END, START, StateGraph } from '@langchain/langgraph'
import { executeRun } from './nodes/execute-run.ts'
import { planRun } from './nodes/plan-run.ts'
import { reviewRun } from './nodes/review-run.ts'
import { synthesiseRun } from './nodes/synthesise-run.ts'
import type { RunContext } from './state/run-context.ts'
import { allArtifacts, outputs, totalUsage } from './state/run-outcome.ts'
import { openAttempts, type RunState } from './state/run-state.ts'
import { ringOpenAttempts } from './tasks/dispatch-task.ts'
import { stopTasks } from './tasks/task-lifecycle.ts'

/** Tasks with the run's deadline get this long to end by themselves. Milliseconds. */
const DEADLINE_GRACE_MS = 500

/** The longest delay of a timer. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Drives a run from the state in its journal to its end. After a crash, it can be driven again. */
export async function driveRun(context: RunContext, cancel: AbortSignal): Promise<void> {
  const { log, config, signal } = context
  if (log.state.ended !== undefined) return
  const deadline = runDeadline(log.state.submitted)
  const working = {
    ...context,
    signal: AbortSignal.any([signal, cancel, ...(deadline === undefined ? [] : [deadline])]),
  }
  if (!cancel.aborted && log.state.cancel === undefined) {
    try {
      await ringOpenAttempts(working)
      await runGraph(working).invoke(
        {},
        { recursionLimit: recursionLimit(config.limits), signal: working.signal },
      )
      return
    } catch (error) {
      // Another coordinator or the next daemon continues this run.
      if (hasCode(error, 'fenced') || signal.aborted) throw error
      if (!cancel.aborted && deadline?.aborted) {
        return endRun(context, 'exhausted', wallTimeError(log.state.submitted))
      }
      if (!cancel.aborted) return endRun(context, 'failed', toTaskError(error))
    }
  }
  await endRun(context, 'canceled', { code: 'canceled', message: log.state.cancel?.reason ?? 'canceled' })
}

// The state has only the next node. Everything that happened is in the journal.
const NextNode = Annotation.Root({ next: Annotation<'execute' | 'plan' | 'synthesise'> })

/**
 * The graph of a run: plan → execute → review → synthesise. It has no checkpointer. After a crash it starts at the
 * beginning, and each node reads in the journal what it has already done.
 *
 * One `execute` node serves the whole plan. With a node for each task, a task would wait for its whole layer, because a
 * superstep ends when its slowest member does.
 */
function runGraph(context: RunContext) {
  return new StateGraph(NextNode)
    .addNode('plan', async () => ({ next: await planRun(context) }))
    .addNode('execute', async () => {
      await executeRun(context)
      return {}
    })
    .addNode('review', async () => ({ next: await reviewRun(context) }))
    .addNode('synthesise', async () => {
      await synthesiseRun(context)
      return {}
    })
    .addEdge(START, 'plan')
    .addConditionalEdges('plan', ({ next }) => next, ['execute', 'synthesise'])
    .addEdge('execute', 'review')
    .addConditionalEdges('review', ({ next }) => next, ['execute', 'plan', 'synthesise'])
    .addEdge('synthesise', END)
    .compile()
}

/** The maximum number of supersteps of a plan within these limits. */
function recursionLimit(limits: { tasks: number; attempts: number; replans: number }): number {
  const plans = 1 + limits.replans
  return plans * (1 + 2 * limits.tasks * limits.attempts) + 3
}

/** Aborts when the run's wall time is over, with a grace time for tasks that have the same deadline. */
function runDeadline({ at, budget }: RunState['submitted']): AbortSignal | undefined {
  if (budget.wallMs === undefined) return undefined
  const left = at + budget.wallMs + DEADLINE_GRACE_MS - Date.now()
  return AbortSignal.timeout(Math.min(Math.max(0, left), MAX_TIMER_MS))
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
  const { log, watch } = context
  await stopTasks(context, error.message)
  for (const { name, task } of openAttempts(log.state)) {
    const ended = watch.tasks.get(task)?.ended
    const result =
      ended === undefined
        ? { status: 'canceled' as const, error, usage: NO_USAGE, artifacts: [] }
        : taskResultOf(ended)
    await log.append({ type: 'task.returned', at: Date.now(), name, task, ...result })
  }
  if (log.state.ended !== undefined) return
  const answer = status === 'exhausted' ? outputs(log.state) : undefined
  await log.append({
    type: 'run.ended',
    at: Date.now(),
    status,
    error,
    ...(answer !== undefined && { answer }),
    usage: totalUsage(log.state, watch.tasks),
    artifacts: allArtifacts(log.state),
  })
}

function toTaskError(error: unknown): TaskError {
  return { code: BailiwickError.isInstance(error) ? error.code : 'internal', message: errorText(error) }
}
