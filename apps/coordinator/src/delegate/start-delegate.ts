import { type Bus, type DelegationHandler, readFirst, sendControl } from '@bailiwick/bus'
import { InputError, RefusedError, type TaskResult, type TaskSpec, taskSpecOf } from '@bailiwick/contract'
import type { RunContext } from '../runs/fold/run-context.ts'
import { endTask } from '../runs/tasks/end-task.ts'
import { ringOrReject } from '../runs/tasks/ring-or-reject.ts'
import { delegatedTaskId } from '../runs/tasks/task-ids.ts'
import { createTask } from '../runs/tasks/task-lifecycle.ts'
import { admitDelegation } from './admit-delegation.ts'

type Request = Parameters<DelegationHandler>[0]

/** Starts delegates for tasks of runs that are driven here, and waits for their results. */
export function delegationHandler(
  bus: Bus,
  find: (run: string) => RunContext | undefined,
): DelegationHandler {
  return async (request, signal) => {
    const parent = await asRecorded(bus, request)
    const context = find(parent.run)
    if (context === undefined) throw new RefusedError(`run ${parent.run} has ended or is not driven here`)
    const task = delegatedTaskId(parent.run, parent.task, request.call)
    const any = AbortSignal.any([context.signal, signal])
    if (!context.watch.tasks.has(task)) {
      const spec = await delegatedSpec(context, parent, request, task)
      await createTask(bus, spec)
    }
    // Rung also where it was created before: a coordinator may have died in between.
    await ringOrReject(bus, { agent: request.target, run: parent.run, task }, any)
    return waitForDelegate(context, { task, agent: request.target }, any, signal)
  }
}

/** The asking task, from what the coordinator wrote. The payload's word about it is not taken. */
async function asRecorded(bus: Bus, request: Request): Promise<TaskSpec> {
  const { record } = await readFirst(bus, { writer: request.caller, task: request.task })
  if (record.type !== 'task.created') {
    throw new InputError(`the journal of task ${request.task} does not begin with its creation`)
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
  any: AbortSignal,
  withdrawn: AbortSignal,
): Promise<TaskResult> {
  const { bus, log, team, watch } = context
  const { task, agent } = child
  const address = { writer: agent, run: log.run, task }
  const done = new AbortController()
  team
    .untilLost(agent, AbortSignal.any([any, done.signal]))
    .then((message) => endTask(bus, address, { status: 'failed', error: { code: 'no-host', message } }))
    .catch(() => {}) // Aborted: there is a result, or nobody wants one.
  try {
    return await watch.end(task, any)
  } catch (error) {
    if (!withdrawn.aborted) throw error
    const reason = 'the call was taken back'
    await sendControl(bus, agent, 'cancel', { task, reason })
    await endTask(bus, address, { status: 'canceled', error: { code: 'canceled', message: reason } })
    throw error
  } finally {
    done.abort()
  }
}
