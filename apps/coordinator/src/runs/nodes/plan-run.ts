import type { Plan } from '@bailiwick/contract'
import { fence } from '@bailiwick/core'
import type { RunContext } from '../state/run-context.ts'
import { completed, lastAttempt, type RunState } from '../state/run-state.ts'
import { PLAN } from '../state/task-ids.ts'
import { startOwnTask } from '../tasks/run-own-task.ts'
import { directPlan, planner, planOfReply } from './planner.ts'
import { review } from './review-run.ts'

/** Makes the run's plan, or another one after a task has failed for good. @returns the next node */
export async function planRun(context: RunContext): Promise<'execute' | 'synthesise' | 'wait'> {
  const { log, config, team } = context
  const { state } = log
  const { submitted } = state
  const replan = review(state, config.limits).find((verdict) => verdict.kind === 'replan')
  const next = submitted.planOnly ? 'synthesise' : 'execute'
  if (state.plan !== undefined && replan === undefined) return next
  const attempt = state.plans + 1
  const last = lastAttempt(state, PLAN)
  if (last?.attempt !== attempt || last.returned === undefined) {
    const definition = () =>
      planner({
        team: team.plannable(),
        inputs: submitted.inputs,
        limits: config.limits,
        planning: config.planning,
        mayBeDirect: submitted.auto === true && replan === undefined,
      })
    const text = replan === undefined ? submitted.text : replanText(state, replan.reason)
    const work = { name: PLAN, attempt, text, inputs: submitted.inputs, results: {} }
    await startOwnTask(context, definition, work)
    return 'wait'
  }
  if (last.returned.status !== 'completed') return 'synthesise'
  log.add({
    type: 'run.planned',
    at: Date.now(),
    ...mergePlans(state, planOfReply(last.returned.output, submitted)),
  })
  return next
}

/** Gives the whole task to one agent. */
export function planDirect({ log, team }: RunContext): void {
  const { submitted } = log.state
  const agent = submitted.agent ?? team.lead()
  if (!team.has(agent)) throw team.unknownAgent(agent)
  log.add({ type: 'run.planned', at: Date.now(), ...directPlan(agent, submitted) })
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
    const what = text === state.submitted.text ? 'all of it' : text
    return `- ${name} (${agent}), ${result?.status ?? 'not begun'}: ${what}`
  })
  return [
    state.submitted.text,
    `An earlier plan did not work out: ${fence('data', reason)}`,
    `Its tasks:\n${tasks.join('\n')}`,
    'Plan again. Repeat the completed tasks that are still wanted under the same names: they are not run again. Go about the failed one in another way.',
  ].join('\n\n')
}
