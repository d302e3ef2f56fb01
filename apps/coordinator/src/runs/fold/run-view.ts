import type { RunSummary, RunTask, RunView } from '@bailiwick/bus'
import { addUsage, NO_USAGE } from '@bailiwick/contract'
import type { RunState } from './run-state.ts'
import type { TaskState } from './task-state.ts'
import type { Unread } from './unread.ts'

/** A run as lists show it. */
export function runSummary(run: string, state: RunState): RunSummary {
  const { submitted, ended, plan } = state
  return {
    run,
    status: ended?.status ?? (plan === undefined && state.attempts.size === 0 ? 'submitted' : 'working'),
    text: submitted.text.slice(0, 200),
    submittedAt: submitted.at,
    submittedBy: submitted.submittedBy,
    ...(ended !== undefined && { endedAt: ended.at }),
  }
}

/** All that is known of a run: its own journal, and the tasks' where they were followed. */
export function runView(
  run: string,
  state: RunState,
  { tasks, unread }: { tasks: ReadonlyMap<string, TaskState>; unread: Unread },
): RunView {
  const { ended, submitted } = state
  const planned = state.plan?.tasks ?? []
  const asked = [...tasks.values()].flatMap((task) =>
    task.asked.map((call) => ({ task: task.spec.task, ...call })),
  )
  const waiting = asked.length > 0 && ended === undefined
  return {
    ...runSummary(run, state),
    ...(waiting && { status: 'input-required' as const }),
    strategy: submitted.strategy,
    tasks: [
      ...viewAttempts(state, tasks, 'plan', []),
      ...planned.flatMap(({ name, agent, after }) => {
        const attempts = viewAttempts(state, tasks, name, after)
        return attempts.length > 0
          ? attempts
          : [{ name, task: '', agent, attempt: 0, status: 'submitted' as const, after, steps: [] }]
      }),
      ...viewAttempts(
        state,
        tasks,
        'answer',
        planned.map(({ name }) => name),
      ),
      ...viewDelegated(tasks),
    ],
    agents: usageByAgent([...tasks.values()]),
    asked,
    unreadable: unread.list(),
    ...(ended !== undefined && {
      result: {
        status: ended.status,
        usage: ended.usage,
        artifacts: ended.artifacts,
        ...(ended.answer !== undefined && { answer: ended.answer }),
        ...(ended.error !== undefined && { error: ended.error }),
      },
    }),
  }
}

function viewAttempts(
  state: RunState,
  tasks: ReadonlyMap<string, TaskState>,
  name: string,
  after: string[],
): RunTask[] {
  return (state.attempts.get(name) ?? []).map(({ task, agent, attempt, at, result }) => ({
    name,
    task,
    agent,
    attempt,
    after,
    steps: [],
    status: 'submitted' as const,
    startedAt: at,
    ...viewTask(tasks.get(task)),
    ...(result !== undefined && {
      status: result.status,
      usage: result.usage,
      ...(result.error !== undefined && { error: result.error }),
    }),
  }))
}

/** Tasks that agents gave to other agents are in no plan. */
function viewDelegated(tasks: ReadonlyMap<string, TaskState>): RunTask[] {
  return [...tasks.values()]
    .filter(({ spec }) => spec.parent !== undefined)
    .map((state) => ({
      name: state.spec.name,
      task: state.spec.task,
      agent: state.spec.agent,
      attempt: 1,
      after: [],
      steps: [],
      status: 'submitted' as const,
      ...viewTask(state),
    }))
}

function viewTask(state: TaskState | undefined): Partial<RunTask> {
  if (state === undefined) return {}
  return {
    status: state.status,
    usage: state.usage,
    steps: state.steps,
    ...(state.startedAt !== undefined && { startedAt: state.startedAt }),
    ...(state.endedAt !== undefined && { endedAt: state.endedAt }),
    ...(state.result?.error !== undefined && { error: state.result.error }),
  }
}

/** Of their own replies: a delegate's are its own agent's. */
function usageByAgent(tasks: readonly TaskState[]): RunView['agents'] {
  const byAgent = Map.groupBy(tasks, ({ spec }) => spec.agent)
  return Array.from(byAgent, ([agent, its]) => ({
    agent,
    usage: its
      .flatMap(({ steps }) => steps)
      .map(({ usage }) => usage)
      .reduce(addUsage, NO_USAGE),
  }))
}
