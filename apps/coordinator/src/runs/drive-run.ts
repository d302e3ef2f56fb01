import { BailiwickError, hasCode, type TaskError, taskResultOf } from '@bailiwick/contract'
import type { RunContext } from './fold/run-context.ts'
import { openAttempts, type RunState } from './fold/run-state.ts'
import { recursionLimit, runGraph } from './graph.ts'
import { executeRun } from './nodes/execute-run.ts'
import { planRun } from './nodes/plan-run.ts'
import { reviewRun } from './nodes/review-run-act.ts'
import { allArtifacts, outputs, synthesiseRun, totalUsage } from './nodes/synthesise-run.ts'
import { neverRan, ringAgain } from './tasks/dispatch-task.ts'
import { stopTasks } from './tasks/stop-tasks.ts'

/** Tasks whose deadline is the run's end by themselves within this. Milliseconds. */
const LAST_MOMENT_MS = 500

/** Timers cannot wait longer. */
const MAX_TIMER = 2 ** 31 - 1

/** Takes a run from wherever its journal says it is to its end. Entered again after a crash, it goes on. */
export async function driveRun(context: RunContext, cancel: AbortSignal): Promise<void> {
  const { log, config, signal } = context
  if (log.state.ended !== undefined) return
  const late = runDeadline(log.state.submitted)
  const working = {
    ...context,
    signal: AbortSignal.any([signal, cancel, ...(late === undefined ? [] : [late])]),
  }
  if (!cancel.aborted && log.state.cancel === undefined) {
    try {
      await ringAgain(working)
      await runGraph({
        plan: () => planRun(working),
        execute: () => executeRun(working),
        review: () => reviewRun(working),
        synthesise: () => synthesiseRun(working),
      }).invoke({}, { recursionLimit: recursionLimit(config.limits), signal: working.signal })
      return
    } catch (error) {
      // Another coordinator goes on with this run, or the next daemon does.
      if (hasCode(error, 'fenced') || signal.aborted) throw error
      if (!cancel.aborted && late?.aborted)
        return endRun(context, 'exhausted', wallTimeOver(log.state.submitted))
      if (!cancel.aborted) return endRun(context, 'failed', toTaskError(error))
    }
  }
  await endRun(context, 'canceled', { code: 'canceled', message: log.state.cancel?.reason ?? 'canceled' })
}

/** Aborts when the run has had its wall time, and what ends by itself at its deadline a moment more. */
function runDeadline({ at, budget }: RunState['submitted']): AbortSignal | undefined {
  if (budget.wallMs === undefined) return undefined
  const left = at + budget.wallMs + LAST_MOMENT_MS - Date.now()
  return AbortSignal.timeout(Math.min(Math.max(0, left), MAX_TIMER))
}

function wallTimeOver({ budget }: RunState['submitted']): TaskError {
  return {
    code: 'exhausted',
    limit: 'wallMs',
    message: `the run's budget (wallMs) is spent: it took longer than ${budget.wallMs} ms`,
  }
}

/** Stops whatever of the run is still at work, and ends it. */
async function endRun(
  context: RunContext,
  status: 'failed' | 'canceled' | 'exhausted',
  error: TaskError,
): Promise<void> {
  const { log } = context
  await stopTasks(context, error.message)
  for (const { name, task } of openAttempts(log.state)) {
    const ended = context.watch.tasks.get(task)?.ended
    const result = ended === undefined ? neverRan('canceled', error) : taskResultOf(ended)
    await log.append({ type: 'task.returned', at: Date.now(), name, task, ...result })
  }
  if (log.state.ended !== undefined) return
  const done = status === 'exhausted' ? outputs(log.state) : undefined
  await log.append({
    type: 'run.ended',
    at: Date.now(),
    status,
    error,
    ...(done !== undefined && { answer: done }),
    usage: totalUsage(log.state, context.watch.tasks),
    artifacts: allArtifacts(log.state),
  })
}

function toTaskError(error: unknown): TaskError {
  const message = error instanceof Error ? error.message : String(error)
  return { code: BailiwickError.isInstance(error) ? error.code : 'internal', message }
}
