import type { RoleGrant } from '@bailiwick/bus'
import { formatBytes, InputError } from '@bailiwick/contract'
import { everyTwoSeconds } from '../backup/every-two-seconds.ts'
import type { Broker } from '../broker/broker.ts'
import { prepareAgentQueue } from '../broker/prepare-agent-queue.ts'
import { memberSchema } from '../config/config-schema.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import type { DaemonStatus } from '../daemon-status.ts'
import type { Hosts } from '../processes/hosts.ts'
import { loadSpecialist } from '../team/load-team.ts'
import { hostGrant } from '../team/role-grants.ts'
import type { Team } from '../team/team.ts'
import type { LocalRequest, LocalResult } from './local-protocol.ts'
import type { LocalCaller } from './serve-local.ts'

/** Handles the requests of processes of the daemon's own user. */
export function localHandler(daemon: {
  config: LoadedConfig
  broker: Broker
  team: Team
  hosts: Hosts
  status(): DaemonStatus
  signal: AbortSignal
}): (request: LocalRequest, caller: LocalCaller) => Promise<LocalResult> {
  const { config, broker, team, hosts, signal } = daemon
  return async (request, caller) => {
    if (request.op === 'status') return { status: daemon.status() }
    if (request.op === 'host') return addHost(request.file)
    if (request.op === 'backup') return backUp(request.file, caller)
    const grant = await roleGrant(request, caller)
    const kind = request.prompts ? `${request.role}.prompts` : request.role
    const name = request.name === undefined ? kind : `${kind}-${request.name}`
    const credentials = await broker.issueCredentials(name, grant, request.expiresInSeconds)
    return { ...(credentials !== undefined && { credentials }) }
  }

  async function backUp(file: string, caller: LocalCaller): Promise<LocalResult> {
    const { backUpStore } = await import('../backup/back-up-store.ts')
    const streams = await backUpStore(broker.bus, file, {
      version: daemon.status().version,
      signal: AbortSignal.any([signal, caller.signal]),
      progress: everyTwoSeconds((bytes) => caller.note(`Backing up: ${formatBytes(bytes)} so far.`)),
    })
    return { backup: streams.map(({ name, bytes }) => ({ name, bytes })) }
  }

  async function addHost(file: string): Promise<LocalResult> {
    const specialist = await loadSpecialist(memberSchema.parse({ agent: file }), config, signal)
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

  async function roleGrant(
    request: Extract<LocalRequest, { op: 'credentials' }>,
    caller: LocalCaller,
  ): Promise<RoleGrant> {
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
    const specialist = team.configured(name)
    if (specialist !== undefined) {
      const grant = hostGrant(specialist)
      return { ...grant, serves: [...new Set([...(grant.serves ?? []), ...tools])] }
    }
    const own = tools.length === 0 ? 'no tools of its own' : `its own tools ${tools.join(', ')}`
    caller.note(
      `The team has no agent "${name}", so these credentials do not follow its definition: level 5, every tool of the team, ${own}. Add the agent to the configuration, or name each of its own tools with --tool.`,
    )
    return { role: 'host', agent: name, level: 5, tools: [...team.tools(), ...tools], serves: tools }
  }
}
