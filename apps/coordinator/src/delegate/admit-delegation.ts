import { type Budget, RefusedError, type TaskSpec } from '@bailiwick/contract'
import type { WatchedTask } from '../runs/state/watched-task.ts'
import { addSpent, leftOf, NOTHING, partOf, reserved, smallest, used } from '../runs/tasks/budget.ts'

/** The part of a parent's remaining budget that one delegation gets at most. */
const MAX_SHARE = 1 / 2

/**
 * Decides whether a task may start a delegate, and with what budget. Depends only on what the coordinator recorded, not
 * on what the caller claims.
 *
 * @param options.parent the task that asks, from its first record
 * @param options.tasks all tasks of the run
 * @throws RefusedError with a reason that the agent can act on
 */
export function admitDelegation(options: {
  parent: TaskSpec
  target: string
  wanted: Budget
  tasks: ReadonlyMap<string, WatchedTask>
  limits: { depth: number; fanOut: number }
}): Budget {
  const { parent, target, wanted, tasks, limits } = options
  const granted = parent.grant.delegates.map(({ name }) => name)
  if (!granted.includes(target)) {
    throw new RefusedError(
      `"${target}" is not granted to ${parent.agent}, which may start ${granted.join(', ') || 'no agent'}.`,
    )
  }
  if (parent.depth >= limits.depth) {
    throw new RefusedError(`Delegations may be ${limits.depth} deep. Do this part yourself.`)
  }
  const ancestors = ancestorsOf(parent, tasks)
  if (ancestors.includes(target)) {
    const path = ancestors.toReversed().join(' → ')
    throw new RefusedError(`"${target}" waits for this very task (${path}). Do this part yourself.`)
  }
  const children = [...tasks.values()].filter(({ created }) => created.parent?.task === parent.task)
  if (children.length >= limits.fanOut) {
    throw new RefusedError(`One task may start ${limits.fanOut} delegates in all. Do the rest yourself.`)
  }
  return smallest(wanted, delegateBudget(parent, tasks, children))
}

/** The agents of a task and of the tasks above it. */
function ancestorsOf(spec: TaskSpec, tasks: ReadonlyMap<string, WatchedTask>): string[] {
  const parent = spec.parent === undefined ? undefined : tasks.get(spec.parent.task)?.created
  return [spec.agent, ...(parent === undefined ? [] : ancestorsOf(parent, tasks))]
}

/** The share of what the parent has left after what it and its delegates have used or may still use. */
function delegateBudget(
  parent: TaskSpec,
  tasks: ReadonlyMap<string, WatchedTask>,
  children: WatchedTask[],
): Budget {
  const { budget } = parent.grant
  const own = tasks.get(parent.task)
  const taken = [...(own === undefined ? [] : [used(own)]), ...children.map(reserved)]
  const part = partOf(leftOf(budget, taken.reduce(addSpent, NOTHING)), MAX_SHARE)
  // Steps are iterations of a task's own loop, so a delegate's steps are not the parent's.
  if (budget.steps !== undefined) part.steps = budget.steps
  if (budget.wallMs !== undefined) {
    const workedMs = own?.startedAt === undefined ? 0 : Date.now() - own.startedAt - own.leftMs
    part.wallMs = Math.max(1, budget.wallMs - Math.max(0, workedMs))
  }
  return part
}
