import { type Bus, type DelegationHandler, readFirst, sendControl } from '@bailiwick/bus'
import {
  hasCode,
  InputError,
  RefusedError,
  type TaskResult,
  type TaskSpec,
  taskResultOf,
  taskSpecOf,
} from '@bailiwick/contract'
import type { RunContext } from '../runs/state/run-context.ts'
import { delegatedTaskId } from '../runs/state/task-ids.ts'
import type { WatchedTask } from '../runs/state/watched-task.ts'
import { describeFiles } from '../runs/tasks/describe-files.ts'
import { createTask, endTask, readEnd, ringOrReject } from '../runs/tasks/task-lifecycle.ts'
import { admitDelegation } from './admit-delegation.ts'

type Request = Parameters<DelegationHandler>[0]

/** Starts delegates for tasks of this daemon's runs, and waits for their results. */
export function delegationHandler(
  bus: Bus,
  find: (run: string, signal: AbortSignal) => Promise<RunContext | undefined>,
): DelegationHandler {
  return async (request, signal) => {
    const parent = await readParent(bus, request)
    const context = await find(parent.run, signal)
    if (context === undefined) throw new RefusedError(`Run ${parent.run} has ended.`)
    const task = delegatedTaskId(parent.run, parent.task, request.call)
    const either = AbortSignal.any([context.signal, signal])
    const views = await context.views()
    // Of several calls at the same time, each gets a share of what the others leave.
    await context.oneByOne(async () => {
      if (views.tasks.has(task)) return
      const spec = await delegatedSpec(context, parent, request, { task, tasks: views.tasks })
      await createTask(bus, spec)
      views.created(spec)
    })
    const known = views.tasks.get(task)
    if (known?.ended !== undefined) return { result: taskResultOf(known.ended) }
    // Ring even if the task existed, because a coordinator may have died before it rang.
    if (known?.waiting === undefined) {
      await ringOrReject(bus, { agent: request.target, run: parent.run, task }, either)
    }
    return { result: waitForDelegate(context, { task, agent: request.target }, either, signal) }
  }
}

/** The task that asks, from its own journal. The request's claims about it are not trusted. */
async function readParent(bus: Bus, request: Request): Promise<TaskSpec> {
  const { record } = await readFirst(bus, { writer: request.caller, task: request.task })
  if (record.type !== 'task.created') {
    throw new InputError(
      `Expected the journal of task ${request.task} to begin with task.created, found ${record.type}.`,
    )
  }
  return taskSpecOf(record)
}

async function delegatedSpec(
  context: RunContext,
  parent: TaskSpec,
  request: Request,
  { task, tasks }: { task: string; tasks: ReadonlyMap<string, WatchedTask> },
): Promise<TaskSpec> {
  const { bus, team, config, signal } = context
  const { target, call, text, inputs, output } = request
  const budget = admitDelegation({
    parent,
    target,
    wanted: request.budget ?? {},
    tasks,
    limits: config.limits,
  })
  const grant = await team.grant(target, budget, signal)
  const model = team.member(target).model
  const files = inputs.flatMap(({ artifact }) => (artifact === undefined ? [] : [artifact]))
  const described = await describeFiles(bus, parent.run, files, signal)
  return {
    run: parent.run,
    owner: parent.owner,
    task,
    agent: target,
    name: `${parent.name}/${call}`,
    text,
    inputs: inputs.map((input) => {
      const description = described[input.artifact?.key ?? '']
      return description === undefined ? input : { ...input, description: `${input.name}: ${description}` }
    }),
    results: {},
    grant,
    ...(model !== undefined && { model }),
    ...(output !== undefined && { output }),
    seed: `${parent.seed}/${call}`,
    ...(parent.deadline !== undefined && { deadline: parent.deadline }),
    parent: { agent: parent.agent, task: parent.task, call },
    depth: parent.depth + 1,
  }
}

async function waitForDelegate(
  context: RunContext,
  child: { task: string; agent: string },
  either: AbortSignal,
  canceled: AbortSignal,
): Promise<TaskResult> {
  const { bus, log } = context
  const { task, agent } = child
  const address = { writer: agent, run: log.run, task }
  context.needHost(agent)
  try {
    const end = context.untilEnd(task, either)
    end.catch(() => {}) // Awaited below, unless the task had ended before.
    return (await readEnd(bus, address)) ?? (await end)
  } catch (error) {
    if (!canceled.aborted || hasCode(canceled.reason, 'suspended')) throw error
    await cancelDelegate(context, child)
    throw error
  }
}

/** Ends a delegate, and the delegates that it waits for: a task without a host cannot end them itself. */
async function cancelDelegate(context: RunContext, child: { task: string; agent: string }): Promise<void> {
  const { bus, index, log } = context
  const { task, agent } = child
  const { tasks = [] } = index.get(log.run) ?? {}
  const asked = tasks.find((one) => one.task === task)?.asked
  const reason = 'the call was canceled'
  await sendControl(bus, agent, 'cancel', { task, reason })
  const canceled = { status: 'canceled', error: { code: 'canceled', message: reason } } as const
  await endTask(bus, { writer: agent, run: log.run, task }, canceled, asked)
  const below = tasks.filter(({ parent }) => parent?.task === task)
  await Promise.all(below.map((delegate) => cancelDelegate(context, delegate)))
}
