import { z } from 'zod'
import type { AgentDefinition } from '../contract/agent.ts'
import { budgetSchema } from '../contract/budget.ts'
import { approvalSchema } from '../contract/grant.ts'
import { levelSchema } from '../contract/level.ts'
import { tokenSchema } from '../contract/name.ts'
import { issueLines } from '../gate/validate-input.ts'
import { checkToolName } from './define-tool.ts'

const named = z.looseObject({ name: z.string() })
const definitionSchema = z.strictObject({
  name: tokenSchema.refine((name) => name !== 'coordinator', '"coordinator" is reserved'),
  description: z.string().min(1, 'wanted what the agent is good for, in words for the planner'),
  level: levelSchema,
  model: z
    .union([z.string().min(1), z.custom((value) => typeof value === 'object' && value !== null)])
    .optional(),
  instructions: z.string().optional(),
  tools: z.array(z.union([z.string(), named])).optional(),
  delegates: z.array(z.union([z.string(), named])).optional(),
  imports: z.array(z.string().min(1)).optional(),
  routes: z.record(z.string(), z.object({ when: z.string().min(1), to: z.unknown() })).optional(),
  defaultRoute: z.string().optional(),
  output: z.custom((value) => typeof value === 'object' && value !== null).optional(),
  checks: z.array(z.custom((value) => typeof value === 'function')).optional(),
  planEvery: z.number().int().positive().optional(),
  budget: budgetSchema.optional(),
  approval: approvalSchema.optional(),
  limits: z.record(z.string(), z.number().nonnegative()).optional(),
  references: z.boolean().optional(),
})

/** What is wrong with a definition, a line each; empty when it can work. */
export function definitionProblems(definition: unknown): string[] {
  const parsed = definitionSchema.safeParse(definition)
  if (!parsed.success) return issueLines(parsed.error)
  return grantProblems(definition as AgentDefinition, parsed.data.level)
}

/** The name that a tool, delegate or agent goes by. */
export function nameOf(reference: string | { name: string }): string {
  return typeof reference === 'string' ? reference : reference.name
}

function grantProblems(definition: AgentDefinition, level: number): string[] {
  const problems: string[] = []
  const tools = (definition.tools ?? []).map(nameOf)
  const delegates = (definition.delegates ?? []).map(nameOf)
  const below = (field: keyof AgentDefinition, needed: number) => {
    const value = definition[field]
    const size = typeof value === 'object' && value !== null ? Object.keys(value).length : 0
    if (size > 0 && level < needed)
      problems.push(`${field} need level ${needed} or higher; the level is ${level}`)
  }
  below('tools', 2)
  below('delegates', 4)
  below('imports', 5)
  below('limits', 5)
  if (level === 1 && Object.keys(definition.routes ?? {}).length === 0)
    problems.push('level 1 (router) needs routes')
  if (level !== 1 && definition.routes !== undefined)
    problems.push(`routes are for level 1; the level is ${level}`)
  if (
    definition.defaultRoute !== undefined &&
    !Object.hasOwn(definition.routes ?? {}, definition.defaultRoute)
  ) {
    problems.push(`defaultRoute "${definition.defaultRoute}" is none of the routes`)
  }
  const seen = new Set<string>()
  for (const name of [...tools, ...delegates.map(functionName)]) {
    if (seen.has(name)) problems.push(`"${name}" is there twice among tools and delegates`)
    seen.add(name)
  }
  for (const name of tools) {
    try {
      checkToolName(name)
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  for (const delegate of definition.delegates ?? []) {
    if (typeof delegate !== 'string') {
      problems.push(
        ...definitionProblems(delegate).map((problem) => `delegate ${nameOf(delegate)}: ${problem}`),
      )
    }
  }
  return problems
}

/** The function that code calls to start a delegate: its name as an identifier. */
export function functionName(agent: string): string {
  const name = agent.replaceAll(
    /[^A-Za-z0-9_]+(.)?/g,
    (_, next: string | undefined) => next?.toUpperCase() ?? '',
  )
  return /^[0-9]/.test(name) ? `_${name}` : name
}
