import {
  type AgentCard,
  type AgentDefinition,
  type Plan,
  planSchema,
  type TaskInput,
  unknownName,
} from '@bailiwick/contract'
import { z } from 'zod'
import { ANSWER, PLAN } from '../state/task-ids.ts'

/** What the planner works with. */
export interface PlannerOptions {
  team: readonly AgentCard[]
  inputs: readonly TaskInput[]
  limits: { tasks: number }
  /** More instructions, from the configuration. */
  planning?: string | undefined
  /** Whether the planner may give the whole request to one agent. */
  mayBeDirect: boolean
}

const RULES = `Rules:
- Use as few tasks as the work needs; one is often enough. Tasks without "after" run at the same time.
- A text has one to three sentences in the user's language: the goal, the user's own definitions that matter for it, and what to return. The specialists know their work: prescribe no method. Ask for nothing that the user did not ask for; if a word is open, say how you read it. A name has lower-case letters, digits and _.
- Each specialist also sees the user's request, the inputs named in "inputs", and the results of the tasks named in "after". Leave out a list that would be empty.
- The final answer is written from all results afterwards: plan no task for it.`

/** Its agents and inputs do not exist, so that no model takes them for the team's. */
const EXAMPLE = `An example, with agents and inputs that exist only in it. Request: "Which of our lighthouses are dimmer than the law allows, and what would repairs cost? Count only those that are staffed."
{"tasks": [{"name": "dim", "agent": "surveyor", "text": "Find the staffed lighthouses that are dimmer than the law allows. Return name and brightness of each.", "inputs": ["lighthouses", "law"]}, {"name": "repairs", "agent": "estimator", "text": "Estimate the cost of repairing each lighthouse of \`dim\`. Return the costs and their sum.", "inputs": ["prices"], "after": ["dim"]}]}`

/** The level-0 agent that turns a request, the team and the described inputs into a plan. */
export function planner({ team, inputs, limits, planning, mayBeDirect }: PlannerOptions): AgentDefinition {
  const [first] = team
  const direct =
    mayBeDirect && first !== undefined
      ? `If one specialist can do all of it, reply with its name alone: {"direct": "${first.name}"}. It gets the request as it stands, and its answer goes to the user.\nOtherwise split the request into tasks.`
      : ''
  const members = team.map(({ name, description }) => `- ${name}: ${description}`)
  return {
    name: 'planner',
    description: 'Splits a request among a team of specialists.',
    level: 0,
    instructions: [
      'You do none of the work yourself.',
      direct,
      RULES,
      EXAMPLE,
      `The team:\n${members.join('\n')}`,
      `At most ${limits.tasks} tasks.`,
      planning ?? '',
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
    output: mayBeDirect ? replySchema : tasksSchema,
    checks: [(answer) => replyProblems(answer, { team, inputs, limits }).join('\n') || undefined],
  }
}

/** A task as the planner writes it: what is empty may be left out. */
const taskSchema = planSchema.unwrap().shape.tasks.element.extend({
  after: z.array(z.string()).optional(),
  inputs: z.array(z.string()).optional(),
})

const tasksSchema = z.object({ tasks: z.array(taskSchema) })

const replySchema = z.object({
  direct: z.string().optional().describe('the agent that does all of it, instead of tasks'),
  tasks: z.array(taskSchema).optional(),
})

/**
 * The plan of a planner's reply.
 *
 * @param request the whole request, for an agent that gets all of it
 */
export function planOfReply(reply: unknown, request: { text: string; inputs: readonly TaskInput[] }): Plan {
  const { direct, tasks } = replySchema.parse(reply)
  return direct === undefined ? planSchema.parse({ tasks }) : directPlan(direct, request)
}

/** The plan that gives the whole request to one agent. Its answer is the answer of the run. */
export function directPlan(agent: string, request: { text: string; inputs: readonly TaskInput[] }): Plan {
  const inputs = request.inputs.map(({ name }) => name)
  return { direct: true, tasks: [{ name: 't1', agent, text: request.text, after: [], inputs }] }
}

/** What a plan is checked against. */
interface Given {
  team: readonly Pick<AgentCard, 'name'>[]
  inputs: readonly Pick<TaskInput, 'name'>[]
  limits: { tasks: number }
}

/** The faults of a planner's reply, as feedback for it. */
export function replyProblems(reply: unknown, given: Given): string[] {
  const { direct, tasks } = replySchema.safeParse(reply).data ?? {}
  if (direct === undefined) return planProblems({ tasks: tasks ?? [] }, given)
  if (tasks !== undefined && tasks.length > 0) return ['reply with either "direct" or "tasks", found both']
  const agents = given.team.map(({ name }) => name)
  return agents.includes(direct) ? [] : [`direct: ${unknownName('agent', direct, agents)}`]
}

/** The faults of a plan. Empty for a plan that can be carried out. */
export function planProblems(plan: unknown, given: Given): string[] {
  const parsed = planSchema.safeParse(plan)
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
