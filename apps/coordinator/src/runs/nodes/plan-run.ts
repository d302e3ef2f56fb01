import { type Plan, planSchema, taskResultOf } from '@bailiwick/contract'
import { fence } from '@bailiwick/core'
import type { RunContext } from '../state/run-context.ts'
import { completed, lastAttempt, type RunState } from '../state/run-state.ts'
import { PLAN } from '../state/task-ids.ts'
import { runOwnTask } from '../tasks/run-own-task.ts'
import { planner } from './planner.ts'
import { review } from './review-run.ts'

/** Makes the run's plan, or another one after a task has failed for good. @returns the next node */
export async function planRun(context: RunContext): Promise<'execute' | 'synthesise'> {
  const { log, config } = context
  const { state } = log
  const replan = review(state, config.limits).find((verdict) => verdict.kind === 'replan')
  const next = state.submitted.planOnly ? 'synthesise' : 'execute'
  if (state.plan !== undefined && replan === undefined) return next
  if (state.submitted.strategy === 'direct') return planDirect(context)

  const attempt = state.plans + 1
  const finished = lastAttempt(state, PLAN)
  const result =
    finished?.attempt === attempt && finished.returned !== undefined
      ? taskResultOf(finished.returned)
      : await runOwnTask(
          context,
          planner({
            team: context.team.plannable(),
            inputs: state.submitted.inputs,
            limits: config.limits,
            planning: config.planning,
          }),
          {
            name: PLAN,
            attempt,
            text: replan === undefined ? state.submitted.text : replanText(state, replan.reason),
            inputs: state.submitted.inputs,
            results: {},
          },
        )
  if (result.status !== 'completed') return 'synthesise'
  const plan = mergePlans(state, planSchema.parse(result.output))
  await log.append({ type: 'run.planned', at: Date.now(), ...plan })
  return next
}

/** Gives the whole task to one agent. */
async function planDirect(context: RunContext): Promise<'execute'> {
  const { log, team } = context
  const { submitted } = log.state
  const agent = submitted.agent ?? team.lead()
  if (!team.has(agent)) throw team.unknownAgent(agent)
  const inputs = submitted.inputs.map(({ name }) => name)
  const tasks = [{ name: 't1', agent, text: submitted.text, after: [], inputs }]
  await log.append({ type: 'run.planned', at: Date.now(), tasks })
  return 'execute'
}

/**
 * Adds the completed and open tasks of the previous plan to a new one. Failed tasks that it repeats get unused names, so
 * that a name always means the same task.
 */
function mergePlans(state: RunState, plan: Plan): Plan {
  const before = state.plan?.tasks ?? []
  const isOpen = (name: string) =>
    lastAttempt(state, name)?.returned === undefined && state.attempts.has(name)
  const kept = before.filter(({ name }) => completed(state, name) !== undefined || isOpen(name))
  if (before.length === 0) return plan
  const keptNames = new Set(kept.map(({ name }) => name))
  const renamed = new Map(
    plan.tasks
      .filter(({ name }) => state.attempts.has(name) && !keptNames.has(name))
      .map(({ name }) => [name, `${name.slice(0, 26)}_${state.plans + 1}`]),
  )
  const rename = (name: string) => renamed.get(name) ?? name
  const fresh = plan.tasks.filter(({ name }) => !keptNames.has(name))
  return {
    tasks: [
      ...kept,
      ...fresh.map((task) => ({ ...task, name: rename(task.name), after: task.after.map(rename) })),
    ],
  }
}

function replanText(state: RunState, reason: string): string {
  const tasks = (state.plan?.tasks ?? []).map(({ name, agent, text }) => {
    const result = lastAttempt(state, name)?.returned
    return `- ${name} (${agent}), ${result?.status ?? 'not begun'}: ${text}`
  })
  return [
    state.submitted.text,
    `An earlier plan did not work out: ${fence('data', reason)}`,
    `Its tasks:\n${tasks.join('\n')}`,
    'Plan again. Repeat the completed tasks that are still wanted under the same names: they are not run again. Go about the failed one in another way.',
  ].join('\n\n')
}
