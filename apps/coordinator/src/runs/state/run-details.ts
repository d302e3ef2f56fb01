import type { RunDetails, RunSummary, RunTask } from '@bailiwick/bus'
import { addUsage, NO_USAGE } from '@bailiwick/contract'
import { ownUsage, runStatus } from '@bailiwick/core/journal'
import type { RunState } from './run-state.ts'
import type { TaskViews } from './task-views.ts'
import type { WatchedTask } from './watched-task.ts'

/** Characters of a request that summaries show. */
const MAX_SUMMARY_CHARS = 200

/** A request in a list of runs. The details of a run have all of it. */
export function summaryText(text: string): string {
  return text.length <= MAX_SUMMARY_CHARS ? text : `${text.slice(0, MAX_SUMMARY_CHARS - 1)}…`
}

/** The summary of a run, for lists. */
export function runSummary(run: string, state: RunState): RunSummary {
  const { submitted, ended } = state
  return {
    run,
    status: runStatus(state),
    text: summaryText(submitted.text),
    submittedAt: submitted.at,
    owner: submitted.owner,
    ...(ended !== undefined && { endedAt: ended.at }),
  }
}

/** The details of a run, from its own journal and its tasks' journals. */
export function runDetails(
  run: string,
  state: RunState,
  { tasks, unreadable, withdrawn }: TaskViews,
): RunDetails {
  const { ended, submitted } = state
  const planned = state.plan?.tasks ?? []
  const asked = [...tasks.values()].flatMap(({ asked, created: { task } }) =>
    asked.map(({ call, name, arguments: args }) => ({ task, call, name, arguments: args })),
  )
  const unused = [...(state.decisions?.values() ?? [])]
    .filter(({ task, call }) => withdrawn.has(`${task}/${call}`))
    .map(({ task, call, decision, by }) => ({ task, call, decision, by }))
  const waiting = asked.length > 0 && ended === undefined
  return {
    ...runSummary(run, state),
    text: submitted.text,
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
    unusedDecisions: unused,
    unreadable: unreadable.list(),
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
  tasks: ReadonlyMap<string, WatchedTask>,
  name: string,
  after: string[],
): RunTask[] {
  return (state.attempts.get(name) ?? []).map(({ task, agent, attempt, at, returned }) => ({
    name,
    task,
    agent,
    attempt,
    after,
    steps: [],
    status: 'submitted' as const,
    startedAt: at,
    ...viewTask(tasks.get(task)),
    ...(returned !== undefined && {
      status: returned.status,
      usage: returned.usage,
      ...(returned.error !== undefined && { error: returned.error }),
    }),
  }))
}

/** Delegated tasks, which are in no plan. */
function viewDelegated(tasks: ReadonlyMap<string, WatchedTask>): RunTask[] {
  return [...tasks.values()]
    .filter(({ created }) => created.parent !== undefined)
    .map((state) => ({
      name: state.created.name,
      task: state.created.task,
      agent: state.created.agent,
      attempt: 1,
      after: [],
      steps: [],
      status: 'submitted' as const,
      ...viewTask(state),
    }))
}

function viewTask(state: WatchedTask | undefined): Partial<RunTask> {
  if (state === undefined) return {}
  return {
    status: state.status,
    usage: state.usage,
    steps: state.stepUsage,
    ...(state.startedAt !== undefined && { startedAt: state.startedAt }),
    ...(state.ended !== undefined && { endedAt: state.ended.at }),
    ...(state.ended?.error !== undefined && { error: state.ended.error }),
  }
}

/** The usage of each agent's own replies. A delegate's replies count for its own agent. */
function usageByAgent(tasks: readonly WatchedTask[]): RunDetails['agents'] {
  const byAgent = Map.groupBy(tasks, ({ created }) => created.agent)
  return Array.from(byAgent, ([agent, its]) => ({
    agent,
    usage: its.map(ownUsage).reduce(addUsage, NO_USAGE),
  }))
}
