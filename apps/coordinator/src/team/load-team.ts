import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findDefinition } from '@bailiwick/agent/definition'
import { InputError } from '@bailiwick/contract'
import type { Member } from '../config/config-schema.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { describeAgent, describeAgents, type FoundAgent } from './describe-agent.ts'
import { runsOnDemand } from './runs-on-demand.ts'
import type { Specialist } from './team.ts'

/** A specialist with the file that its hosts run. */
export interface LoadedSpecialist extends Specialist {
  file: string
  folder: string
  onDemand: boolean
}

/**
 * Finds and describes every agent of the configuration.
 *
 * @throws InputError if two agents have the same name; InputError or DefinitionError for the first unusable agent
 */
export async function loadTeam(config: LoadedConfig, signal: AbortSignal): Promise<LoadedSpecialist[]> {
  const found = config.team.map((member) => findAgent(member, config.folder))
  const descriptions = await describeAgents(found, signal)
  const specialists = found.flatMap(({ member, file, folder }, index) => {
    const description = descriptions[index]
    return description === undefined
      ? []
      : [{ ...description, member, file, folder, onDemand: runsOnDemand(member, config) }]
  })
  const byName = new Map<string, string>()
  for (const { card, member } of specialists) {
    const other = byName.get(card.name)
    if (other !== undefined) {
      throw new InputError(
        `Expected unique names in the team, found two agents "${card.name}": "${other}" and "${member.agent}". Rename one of them.`,
      )
    }
    byName.set(card.name, member.agent)
  }
  return specialists
}

/**
 * Finds and describes one agent. Resolves a package from the configuration's folder, then from this installation, which contains
 * the shipped agents.
 *
 * @throws InputError if there is no such agent; DefinitionError if it cannot be used
 */
export async function loadSpecialist(
  member: Member,
  config: LoadedConfig,
  signal: AbortSignal,
): Promise<LoadedSpecialist> {
  const { spec: _, ...found } = findAgent(member, config.folder)
  const description = await describeAgent({ spec: member.agent, ...found }, signal)
  return { ...description, ...found, onDemand: runsOnDemand(member, config) }
}

function findAgent(member: Member, from: string): FoundAgent & { member: Member } {
  const file = findDefinition(member.agent, from, [import.meta.dirname])
  return { spec: member.agent, file, folder: packageFolder(file), member }
}

/** The folder of the package that a file belongs to; the file's own folder if it belongs to none. */
function packageFolder(file: string): string {
  let folder = dirname(file)
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return existsSync(join(folder, 'package.json')) ? folder : dirname(file)
}
