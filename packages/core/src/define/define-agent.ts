import {
  type AgentDefinition,
  DefinitionError,
  functionNameSchema,
  isReservedName,
  levelNumber,
  levelSchema,
  type ModelPurpose,
  type Tool,
  tokenSchema,
} from '@bailiwick/contract'
import { nameOf } from '../levels/grant.ts'
import { LEVEL_TABLE } from '../levels/level-table.ts'

/**
 * Checks and freezes an agent's definition. Runs nothing.
 *
 * @throws DefinitionError that lists every problem
 * @example
 * export default defineAgent({
 *   name: 'summariser',
 *   description: 'Makes one paragraph out of a text.',
 *   level: 'processor',
 * })
 */
export function defineAgent(definition: AgentDefinition): AgentDefinition {
  const problems = checkDefinition(definition)
  if (problems.length > 0) {
    throw new DefinitionError(
      `agent ${JSON.stringify(definition.name)} cannot work:\n- ${problems.join('\n- ')}`,
    )
  }
  return Object.freeze({ ...definition, level: levelNumber(definition.level) })
}

/** The tools that a definition brings with their code. Leaves out tools that it only names. */
export function ownTools({ tools = [] }: Pick<AgentDefinition, 'tools'>): Tool[] {
  return tools.filter((tool): tool is Tool => typeof tool === 'object' && 'run' in tool)
}

const PURPOSES: readonly string[] = ['plan', 'act', 'judge'] satisfies ModelPurpose[]

function checkDefinition(definition: AgentDefinition): string[] {
  const problems: string[] = []
  const { name, description, tools = [], delegates = [], routes, defaultRoute } = definition
  if (!tokenSchema.safeParse(name).success) {
    problems.push(`name: expected 1 to 63 letters, digits, "_" or "-", found ${JSON.stringify(name)}`)
  }
  if (name === 'coordinator') problems.push('name: "coordinator" is reserved; choose another name')
  if (!description?.trim()) {
    problems.push('description: expected a sentence about what the agent is good for, found none')
  }
  const level = levelSchema.safeParse(definition.level)
  if (!level.success) return [...problems, `level: ${level.error.issues[0]?.message}`]

  problems.push(...checkNames([...tools, ...delegates].map(nameOf)))
  for (const delegate of delegates) {
    if (typeof delegate !== 'string')
      problems.push(...checkDefinition(delegate).map((problem) => `delegate ${delegate.name}: ${problem}`))
  }

  const rules = LEVEL_TABLE[level.data]
  if (tools.length > 0 && rules.rounds === 0)
    problems.push(`tools: expected level 2 or higher, found level ${level.data}`)
  if (delegates.length > 0 && !rules.delegates) {
    problems.push(`delegates: expected level 4 or 5, found level ${level.data}`)
  }
  if (definition.limits && rules.action !== 'code')
    problems.push(`limits: apply to code only; expected level 5, found level ${level.data}`)
  const unknown = Object.keys(definition.importPurposes ?? {}).filter(
    (one) => !definition.imports?.includes(one),
  )
  if (unknown.length > 0)
    problems.push(`importPurposes: expected names that are in imports, found ${unknown.join(', ')}`)
  if (rules.action === 'route' && Object.keys(routes ?? {}).length === 0) {
    problems.push('routes: expected at least one route, such as { name: { when, to } }, found none')
  }
  if (routes && rules.action !== 'route') problems.push(`routes: expected level 1, found level ${level.data}`)
  if (defaultRoute !== undefined && !Object.hasOwn(routes ?? {}, defaultRoute)) {
    problems.push(
      `defaultRoute: expected one of the routes (${Object.keys(routes ?? {}).join(', ')}), found "${defaultRoute}"`,
    )
  }
  for (const [limit, unit] of [
    ['planEvery', 'steps'],
    ['maxIdleReplies', 'replies'],
    ['observationChars', 'characters'],
  ] as const) {
    const value = definition[limit]
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      problems.push(`${limit}: expected a positive whole number of ${unit}, found ${value}`)
  }
  for (const purpose of Object.keys(definition.models ?? {})) {
    if (!PURPOSES.includes(purpose))
      problems.push(`models: expected ${PURPOSES.join(', ')}, found ${JSON.stringify(purpose)}`)
  }
  return problems
}

function checkNames(names: string[]): string[] {
  const problems: string[] = []
  for (const name of new Set(names)) {
    const seen = names.filter((other) => other === name).length
    if (seen > 1) problems.push(`"${name}" names ${seen} tools or delegates; give each its own name`)
    const fits = functionNameSchema.safeParse(name).success || tokenSchema.safeParse(name).success
    if (!fits) problems.push(`"${name}" is not a valid name for a tool or delegate`)
    if (isReservedName(name))
      problems.push(`"${name}" is reserved, so code could not call it; choose another name`)
  }
  return problems
}
