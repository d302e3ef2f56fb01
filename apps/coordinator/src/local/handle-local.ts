import type { RoleGrant } from '@bailiwick/bus'
import { InputError } from '@bailiwick/contract'
import type { Broker } from '../broker/broker.ts'
import { prepareAgentQueue } from '../broker/prepare-agent-queue.ts'
import { memberSchema } from '../config/config-schema.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import type { Hosts } from '../processes/hosts.ts'
import { loadSpecialist } from '../team/load-team.ts'
import type { Team } from '../team/team.ts'
import type { LocalRequest, LocalResult } from './local-protocol.ts'

/** Handles the requests of processes of the daemon's own user. */
export function localHandler(daemon: {
  config: LoadedConfig
  broker: Broker
  team: Team
  hosts: Hosts
  signal: AbortSignal
}): (request: LocalRequest) => Promise<LocalResult> {
  const { config, broker, team, hosts, signal } = daemon
  return async (request) => {
    if (request.op === 'host') return addHost(request.file)
    const grant = await roleGrant(request)
    const kind = request.prompts ? `${request.role}.prompts` : request.role
    const name = request.name === undefined ? kind : `${kind}-${request.name}`
    const credentials = await broker.issueCredentials(name, grant, request.expiresInSeconds)
    return { ...(credentials !== undefined && { credentials }) }
  }

  async function addHost(file: string): Promise<LocalResult> {
    const specialist = await loadSpecialist(memberSchema.parse({ agent: file }), config.folder, signal)
    const { name } = specialist.card
    const isHosted = hosts.report().some(({ agent }) => agent === name)
    if (!isHosted) {
      if (team.has(name)) {
        throw new InputError(
          `Expected a new agent name in ${file}, found "${name}", which the team already has.`,
        )
      }
      team.add(specialist)
      await hosts.add(specialist)
    }
    return { agent: name }
  }

  async function roleGrant(request: Extract<LocalRequest, { op: 'credentials' }>): Promise<RoleGrant> {
    const { role, name, tools, prompts } = request
    if (role === 'reader') return { role, prompts, ...(name !== undefined && { name }) }
    if (role === 'user') return { role, ...(name !== undefined && { name }) }
    if (name === undefined) throw new InputError(`Expected a name for role "${role}": ${role}:<name>`)
    if (role === 'tool-host') {
      if (team.has(name)) {
        throw new InputError(
          `Expected a tool host with its own name, found "${name}", the name of an agent of the team. The tool host could read that agent's replies. Choose another name.`,
        )
      }
      return { role, name, tools }
    }
    await prepareAgentQueue(broker.bus, config, name)
    if (!team.has(name)) {
      // The daemon does not have this agent's definition, so it may use every tool of the toolbox.
      return { role: 'host', agent: name, level: 5, tools: team.tools() }
    }
    const { level, tools: requested } = team.card(name)
    return { role: 'host', agent: name, level, tools: requested }
  }
}
