import { type Bus, type DelegationHandler, readFirst, sendControl } from '@bailiwick/bus'
import { InputError, RefusedError, type TaskResult, type TaskSpec, taskSpecOf } from '@bailiwick/contract'
import type { RunContext } from '../runs/state/run-context.ts'
import { delegatedTaskId } from '../runs/state/task-ids.ts'
import { createTask, endTask, ringOrReject } from '../runs/tasks/task-lifecycle.ts'
import { admitDelegation } from './admit-delegation.ts'

type Request = Parameters<DelegationHandler>[0]

/** Starts delegates for tasks of this daemon's runs, and waits for their results. */
export function delegationHandler(
  bus: Bus,
  find: (run: string) => RunContext | undefined,
): DelegationHandler {
  return async (request, signal) => {
    const parent = await readParent(bus, request)
    const context = find(parent.run)
    if (context === undefined)
      throw new RefusedError(`Run ${parent.run} has ended, or another daemon drives it.`)
    const task = delegatedTaskId(parent.run, parent.task, request.call)
    const either = AbortSignal.any([context.signal, signal])
    if (!context.watch.tasks.has(task)) {
      const spec = await delegatedSpec(context, parent, request, task)
      await createTask(bus, spec)
    }
    // Ring even if the task existed, because a coordinator may have died before it rang.
    await ringOrReject(bus, { agent: request.target, run: parent.run, task }, either)
    return waitForDelegate(context, { task, agent: request.target }, either, signal)
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
  task: string,
): Promise<TaskSpec> {
  const { team, watch, config, signal } = context
  const { target, call, text, inputs, output } = request
  const budget = admitDelegation({
    parent,
    target,
    wanted: request.budget ?? {},
    tasks: watch.tasks,
    limits: config.limits,
  })
  const grant = await team.grant(target, budget, signal)
  const model = team.member(target).model
  return {
    run: parent.run,
    owner: parent.owner,
    task,
    agent: target,
    name: `${parent.name}/${call}`,
    text,
    inputs: [...inputs],
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
  const { bus, log, team, watch } = context
  const { task, agent } = child
  const address = { writer: agent, run: log.run, task }
  const done = new AbortController()
  team
    .untilLost(agent, AbortSignal.any([either, done.signal]))
    .then((message) => endTask(bus, address, { status: 'failed', error: { code: 'no-host', message } }))
    .catch(() => {}) // Only the abort of its signal rejects it: the result is known, or no longer needed.
  try {
    return await watch.end(task, either)
  } catch (error) {
    if (!canceled.aborted) throw error
    const reason = 'the call was canceled'
    await sendControl(bus, agent, 'cancel', { task, reason })
    await endTask(bus, address, { status: 'canceled', error: { code: 'canceled', message: reason } })
    throw error
  } finally {
    done.abort()
  }
}
