import type { RoleGrant } from '@bailiwick/bus'
import { namedUser, prepareWriter } from '@bailiwick/bus'
import { InputError } from '@bailiwick/contract'
import type { Broker } from '../broker/broker.ts'
import { prepareAgent } from '../broker/prepare-agent-queue.ts'
import { memberSchema } from '../config/config-schema.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import type { Hosts } from '../processes/hosts.ts'
import { loadSpecialist } from '../team/load-team.ts'
import type { Team } from '../team/team.ts'
import type { LocalReply, LocalRequest } from './local-protocol.ts'

type Reply = Omit<Extract<LocalReply, { ok: true }>, 'ok'>

/** What the daemon does for processes of its own user. */
export function localHandler(parts: {
  config: LoadedConfig
  broker: Broker
  team: Team
  hosts: Hosts
  signal: AbortSignal
}): (request: LocalRequest) => Promise<Reply> {
  const { config, broker, team, hosts, signal } = parts
  return async (request) => {
    if (request.op === 'host') return host(request.file)
    const grant = await roleGrant(request)
    const kind = request.prompts ? `${request.role}.prompts` : request.role
    const name = request.name === undefined ? kind : `${kind}-${request.name}`
    const credentials = await broker.issueCredentials(name, grant, request.expiresInSeconds)
    return credentials === undefined ? {} : { credentials }
  }

  async function host(file: string): Promise<Reply> {
    const specialist = await loadSpecialist(memberSchema.parse({ agent: file }), config.folder, signal)
    const { name } = specialist.card
    const known = hosts.report().some(({ agent }) => agent === name)
    if (!known) {
      if (team.has(name)) {
        throw new InputError(`${file} defines an agent "${name}", and the team has one of that name already`)
      }
      team.add(specialist)
      await hosts.add(specialist)
    }
    return { agent: name }
  }

  async function roleGrant(request: Extract<LocalRequest, { op: 'credentials' }>): Promise<RoleGrant> {
    const { role, name, tools, prompts } = request
    const readsFrom = team.names()
    if (role === 'user' && name !== undefined) {
      await prepareWriter(broker.bus, namedUser(name), config.streams)
      return { role, name }
    }
    const named = name === undefined ? {} : { name }
    if (role === 'reader') return { role, readsFrom, prompts, ...named }
    if (role === 'user') return { role, readsFrom }
    if (name === undefined) throw new InputError(`role "${role}" wants a name: ${role}:<name>`)
    if (role === 'tool-host') {
      if (team.has(name)) {
        throw new InputError(
          `an agent of the team is called "${name}": a host of tools of that name could listen to its answers; take another`,
        )
      }
      await prepareWriter(broker.bus, name, config.streams)
      return { role, name, tools, readsFrom }
    }
    await prepareAgent(broker.bus, config, name)
    if (!team.has(name)) {
      // Its definition is elsewhere and unknown here: it may ask for anything that the toolbox has.
      return { role: 'host', agent: name, level: 5, tools: team.tools(), readsFrom }
    }
    const { level, tools: asked } = team.card(name)
    return { role: 'host', agent: name, level, tools: asked, readsFrom }
  }
}
