import type { AgentCard, Plan } from '@bailiwick/contract'
import { unknownName } from '@bailiwick/contract'

/** What is wrong with a plan against the team, in words for the planner; empty when nothing is. */
export function checkPlan(
  plan: Plan,
  team: readonly Pick<AgentCard, 'name'>[],
  limits: { maxTasks: number; inputs: readonly string[] },
): string[] {
  const problems: string[] = []
  const names = plan.tasks.map(({ name }) => name)
  const agents = team.map(({ name }) => name)
  if (plan.tasks.length > limits.maxTasks) {
    problems.push(`the plan has ${plan.tasks.length} tasks; at most ${limits.maxTasks} are allowed`)
  }
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
    problems.push(`two tasks are called "${name}"`)
  }
  for (const task of plan.tasks) {
    if (!agents.includes(task.agent))
      problems.push(`task ${task.name}: ${unknownName('agent', task.agent, agents)}`)
    for (const input of task.inputs) {
      if (!limits.inputs.includes(input))
        problems.push(`task ${task.name}: ${unknownName('input', input, limits.inputs)}`)
    }
    for (const before of task.after) {
      if (!names.includes(before))
        problems.push(`task ${task.name}: ${unknownName('task in "after"', before, names)}`)
    }
  }
  const cycle = findCycle(plan)
  if (cycle !== undefined) problems.push(`tasks wait for each other in a circle: ${cycle.join(' → ')}`)
  return problems
}

function findCycle(plan: Plan): string[] | undefined {
  const after = new Map(plan.tasks.map((task) => [task.name, task.after]))
  const finished = new Set<string>()
  const visit = (name: string, path: string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    if (finished.has(name)) return undefined
    for (const before of after.get(name) ?? []) {
      const cycle = visit(before, [...path, name])
      if (cycle !== undefined) return cycle
    }
    finished.add(name)
    return undefined
  }
  for (const { name } of plan.tasks) {
    const cycle = visit(name, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}
