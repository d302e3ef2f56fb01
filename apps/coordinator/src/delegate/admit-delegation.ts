import { type Budget, RefusedError, type TaskSpec } from '@bailiwick/contract'
import type { WatchedTask } from '../runs/fold/watched-task.ts'
import { addSpent, leftOf, NOTHING, partOf, reserved, used } from '../runs/tasks/budget.ts'
import { smallest } from '../runs/tasks/carve-budget.ts'

/** What is left of a parent's budget, of which one delegation may take this part at most. */
const SHARE = 1 / 2

/**
 * Whether a task may start a delegate, and with what budget: a pure function of what the coordinator
 * recorded, never of what the caller says about itself.
 *
 * @param parent the asking task, as its first record says
 * @param tasks every task of the run
 * @throws RefusedError with a reason that the agent can act upon
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
      `"${target}" is not granted to ${parent.agent}; it may start ${granted.join(', ') || 'nobody'}`,
    )
  }
  if (parent.depth >= limits.depth) {
    throw new RefusedError(`delegations may be ${limits.depth} deep: do this part yourself`)
  }
  const line = ancestors(parent, tasks)
  if (line.includes(target)) {
    throw new RefusedError(
      `"${target}" waits for this very task (${[...line].reverse().join(' → ')}): do this part yourself`,
    )
  }
  const children = [...tasks.values()].filter(({ created }) => created.parent?.task === parent.task)
  if (children.length >= limits.fanOut) {
    throw new RefusedError(`one task may start ${limits.fanOut} delegates in all: do the rest yourself`)
  }
  return smallest(wanted, carve(parent, tasks, children))
}

/** The asking task's agent and those above it. */
function ancestors(spec: TaskSpec, tasks: ReadonlyMap<string, WatchedTask>): string[] {
  const above = spec.parent === undefined ? undefined : tasks.get(spec.parent.task)?.created
  return [spec.agent, ...(above === undefined ? [] : ancestors(above, tasks))]
}

/** Half of what the parent has left, after what it and its delegates have used or may still use. */
function carve(parent: TaskSpec, tasks: ReadonlyMap<string, WatchedTask>, children: WatchedTask[]): Budget {
  const { budget } = parent.grant
  const own = tasks.get(parent.task)
  const taken = [...(own === undefined ? [] : [used(own)]), ...children.map(reserved)]
  const part = partOf(leftOf(budget, taken.reduce(addSpent, NOTHING)), SHARE)
  // Steps are passes of a task's own loop: what a delegate takes, its parent keeps.
  if (budget.steps !== undefined) part.steps = budget.steps
  if (budget.wallMs !== undefined) {
    part.wallMs = Math.max(1, budget.wallMs - (Date.now() - (own?.created.at ?? Date.now())))
  }
  return part
}
