import {
  type AgentDefinition,
  functionNameSchema,
  isReservedName,
  levelSchema,
  type ModelPurpose,
  tokenSchema,
} from '@bailiwick/contract'
import { LEVEL_TABLE } from '../levels/level-table.ts'
import { nameOf } from './agent-card.ts'

const PURPOSES: readonly string[] = ['plan', 'act', 'judge'] satisfies ModelPurpose[]

/** What is wrong with a definition, a line each; empty when it can work. */
export function checkDefinition(definition: AgentDefinition): string[] {
  const problems: string[] = []
  const { name, description, tools = [], delegates = [], routes, defaultRoute } = definition
  if (!tokenSchema.safeParse(name).success) {
    problems.push(`name: wanted 1 to 63 letters, digits, "_" or "-"; got ${JSON.stringify(name)}`)
  }
  if (name === 'coordinator') problems.push('name: "coordinator" is reserved')
  if (!description?.trim()) problems.push('description: wanted a sentence on what the agent is good for')
  const level = levelSchema.safeParse(definition.level)
  if (!level.success) return [...problems, `level: ${level.error.issues[0]?.message}`]

  problems.push(...checkNames([...tools, ...delegates].map(nameOf)))
  for (const delegate of delegates) {
    if (typeof delegate !== 'string')
      problems.push(...checkDefinition(delegate).map((problem) => `delegate ${delegate.name}: ${problem}`))
  }

  const rules = LEVEL_TABLE[level.data]
  if (tools.length > 0 && rules.rounds === 0)
    problems.push(`tools: need level 2 or more; this is ${level.data}`)
  if (delegates.length > 0 && !rules.delegates) {
    problems.push(`delegates: need level 4 or 5; this is ${level.data}`)
  }
  if (definition.limits && rules.action !== 'code')
    problems.push(`limits: are of code, level 5; this is ${level.data}`)
  if (rules.action === 'route' && Object.keys(routes ?? {}).length === 0) {
    problems.push('routes: a router needs at least one: { name: { when, to } }')
  }
  if (routes && rules.action !== 'route') problems.push(`routes: are of level 1; this is ${level.data}`)
  if (defaultRoute !== undefined && !Object.hasOwn(routes ?? {}, defaultRoute)) {
    problems.push(
      `defaultRoute: "${defaultRoute}" is none of the routes ${Object.keys(routes ?? {}).join(', ')}`,
    )
  }
  if (
    definition.planEvery !== undefined &&
    !(Number.isInteger(definition.planEvery) && definition.planEvery > 0)
  ) {
    problems.push(`planEvery: wanted a positive whole number of steps; got ${definition.planEvery}`)
  }
  for (const purpose of Object.keys(definition.models ?? {})) {
    if (!PURPOSES.includes(purpose))
      problems.push(`models: wanted ${PURPOSES.join(', ')}; got ${JSON.stringify(purpose)}`)
  }
  return problems
}

function checkNames(names: string[]): string[] {
  const problems: string[] = []
  for (const name of new Set(names)) {
    const seen = names.filter((other) => other === name).length
    if (seen > 1) problems.push(`"${name}" names ${seen} tools or delegates; names must differ`)
    const fits = functionNameSchema.safeParse(name).success || tokenSchema.safeParse(name).success
    if (!fits) problems.push(`"${name}" is no usable name of a tool or delegate`)
    if (isReservedName(name))
      problems.push(`"${name}" is reserved: code could not call it; choose another name`)
  }
  return problems
}
