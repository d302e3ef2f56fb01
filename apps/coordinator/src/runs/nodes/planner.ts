import {
  type AgentCard,
  type AgentDefinition,
  type Plan,
  planSchema,
  type TaskInput,
  unknownName,
} from '@bailiwick/contract'
import { ANSWER, PLAN } from '../state/task-ids.ts'

const INSTRUCTIONS = `You split a task among a team of specialists. You do none of the work yourself.

Rules:
- Use as few tasks as the work needs; one is often enough. Tasks without "after" run at the same time.
- Each text must stand alone: say what to find out or make and what to return. The specialist sees only its
  text, the inputs you name, and the results of the tasks in its "after".
- Give a task every input it needs, by name, in "inputs".
- The final answer is written from all results afterwards: plan no task for it.`

/** The level-0 agent that turns a task, the team and the described inputs into a plan. */
export function planner(options: {
  team: readonly AgentCard[]
  inputs: readonly TaskInput[]
  limits: { tasks: number }
  planning?: string | undefined
}): AgentDefinition {
  const { team, inputs, limits, planning } = options
  const members = team.map(({ name, description }) => `- ${name}: ${description}`)
  return {
    name: 'planner',
    description: 'Splits a task among the team.',
    level: 0,
    instructions: [
      INSTRUCTIONS,
      `The team:\n${members.join('\n')}`,
      `At most ${limits.tasks} tasks.`,
      ...(planning === undefined ? [] : [planning]),
    ].join('\n\n'),
    output: planSchema,
    checks: [(answer) => planProblems(answer, { team, inputs, limits }).join('\n') || undefined],
  }
}

/** The faults of a plan, as feedback for the planner. Empty for a plan that can be carried out. */
export function planProblems(
  answer: unknown,
  given: {
    team: readonly Pick<AgentCard, 'name'>[]
    inputs: readonly Pick<TaskInput, 'name'>[]
    limits: { tasks: number }
  },
): string[] {
  const parsed = planSchema.safeParse(answer)
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  const { tasks } = parsed.data
  const problems: string[] = []
  const names = tasks.map(({ name }) => name)
  const agents = given.team.map(({ name }) => name)
  const inputs = given.inputs.map(({ name }) => name)
  if (tasks.length > given.limits.tasks) {
    problems.push(`the plan has ${tasks.length} tasks; at most ${given.limits.tasks} are allowed`)
  }
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index))) {
    problems.push(`two tasks are called "${name}"`)
  }
  for (const name of names.filter((name) => name === PLAN || name === ANSWER)) {
    problems.push(`"${name}" is a reserved name: call the task something else`)
  }
  for (const task of tasks) {
    const check = (kind: string, name: string, known: readonly string[]) => {
      if (!known.includes(name)) problems.push(`task ${task.name}: ${unknownName(kind, name, known)}`)
    }
    check('agent', task.agent, agents)
    for (const input of task.inputs) check('input', input, inputs)
    for (const before of task.after) check('task in "after"', before, names)
  }
  const cycle = findCycle(parsed.data)
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
