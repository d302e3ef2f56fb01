import { findDefinition } from '@bailiwick/agent/definition'
import { InputError } from '@bailiwick/contract'
import type { Member } from '../config/config-schema.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { describeAgent } from './describe-agent.ts'
import { packageFolder } from './package-folder.ts'
import type { Specialist } from './team.ts'

/** A specialist with the file that its hosts run. */
export interface LoadedSpecialist extends Specialist {
  file: string
  folder: string
}

/**
 * Finds and reads every agent of the configuration.
 *
 * @throws InputError or DefinitionError for the first that cannot be used, and for two of one name
 */
export async function loadTeam(config: LoadedConfig, signal: AbortSignal): Promise<LoadedSpecialist[]> {
  const specialists = await Promise.all(
    config.team.map((member) => loadSpecialist(member, config.folder, signal)),
  )
  const byName = new Map<string, string>()
  for (const { card, member } of specialists) {
    const other = byName.get(card.name)
    if (other !== undefined) {
      throw new InputError(
        `"${other}" and "${member.agent}" both define an agent "${card.name}": names are unique in a team`,
      )
    }
    byName.set(card.name, member.agent)
  }
  return specialists
}

/**
 * Finds and reads one agent. A package is looked up from the configuration's folder, then from this
 * installation, which has the ones that ship.
 *
 * @throws DefinitionError where it cannot be used
 */
export async function loadSpecialist(
  member: Member,
  from: string,
  signal: AbortSignal,
): Promise<LoadedSpecialist> {
  const file = findDefinition(member.agent, from, [import.meta.dirname])
  const folder = packageFolder(file)
  return { ...(await describeAgent({ spec: member.agent, file, folder }, signal)), member, file, folder }
}
