import { type AgentCard, type AgentDefinition, planSchema, type TaskInput } from '@bailiwick/contract'
import { ANSWER, PLAN } from '../tasks/task-ids.ts'
import { checkPlan } from './check-plan.ts'

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

/** What is wrong with a plan, in words for the model; empty when nothing is. */
export function planProblems(
  answer: unknown,
  given: { team: readonly AgentCard[]; inputs: readonly TaskInput[]; limits: { tasks: number } },
): string[] {
  const parsed = planSchema.safeParse(answer)
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  const reserved = parsed.data.tasks.filter(({ name }) => name === PLAN || name === ANSWER)
  return [
    ...checkPlan(parsed.data, [...given.team], {
      maxTasks: given.limits.tasks,
      inputs: given.inputs.map(({ name }) => name),
    }),
    ...reserved.map(({ name }) => `"${name}" is a reserved name: call the task something else`),
  ]
}
