import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findDefinition } from '@bailiwick/agent/definition'
import { InputError } from '@bailiwick/contract'
import type { Member } from '../config/config-schema.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { describeAgent } from './describe-agent.ts'
import type { Specialist } from './team.ts'

/** A specialist with the file that its hosts run. */
export interface LoadedSpecialist extends Specialist {
  file: string
  folder: string
}

/**
 * Finds and describes every agent of the configuration.
 *
 * @throws InputError if two agents have the same name; InputError or DefinitionError for the first unusable agent
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
        `Expected unique names in the team, found two agents "${card.name}": "${other}" and "${member.agent}". Rename one of them.`,
      )
    }
    byName.set(card.name, member.agent)
  }
  return specialists
}

/**
 * Finds and describes one agent. Resolves a package from the folder `from`, then from this installation, which contains
 * the shipped agents.
 *
 * @throws InputError if there is no such agent; DefinitionError if it cannot be used
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

/** The folder of the package that a file belongs to; the file's own folder if it belongs to none. */
function packageFolder(file: string): string {
  let folder = dirname(file)
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return existsSync(join(folder, 'package.json')) ? folder : dirname(file)
}
