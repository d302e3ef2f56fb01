import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type AgentPresence, handOver, listAgents, permissionsFor } from '@bailiwick/bus'
import type { Broker } from '../broker/broker.ts'
import { prepareAgent } from '../broker/prepare-agent-queue.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import type { LoadedSpecialist } from '../team/load-team.ts'
import { hostGrant, toolboxGrant } from '../team/role-grants.ts'
import type { Team } from '../team/team.ts'
import { keylessEnv, modelEnv } from './child-env.ts'
import { type ChildSpec, childSignature } from './child-spec.ts'
import { endProcess } from './end-process.ts'
import { type PidFile, recallChildren, removePidFile } from './pid-file.ts'
import { type ChildReport, type SupervisedChild, supervise } from './supervise.ts'

export interface HostsOptions {
  config: LoadedConfig
  env: NodeJS.ProcessEnv
  broker: Broker
  team: Team
  specialists: readonly LoadedSpecialist[]
  /** Name of the model of agents that name none. */
  model: string | undefined
  note(line: string): void
}

/** Later than the server notices that other hosts died with this one: a pull of theirs would swallow the task. */
const HAND_OVER_MS = 50

/** The state of one process of the team. */
export interface HostReport extends ChildReport {
  /** The agent that it hosts; absent for the toolbox. */
  agent?: string
}

/** The processes that this daemon keeps alive: the toolbox and the hosts of every specialist. */
export interface Hosts {
  report(): HostReport[]
  /** The last lines that a process has printed. Empty if there is no process of that name. */
  output(name: string): string[]
  /** Starts the hosts of one more specialist. */
  add(specialist: LoadedSpecialist): Promise<void>
  stop(graceMs: number): Promise<void>
}

/** Starts every process of the team, adopting those that live from a daemon before. */
export async function startHosts(options: HostsOptions): Promise<Hosts> {
  const { broker, config, specialists, note } = options
  await Promise.all(specialists.map(({ card }) => prepareAgent(broker.bus, config, card.name)))
  const planned = [
    await toolboxSpec(options),
    ...(await Promise.all(specialists.map((specialist) => hostSpecs(options, specialist)))).flat(),
  ]
  const recalled = recallChildren(config.dataDir)
  const living = new Map(recalled.living.map((child) => [child.name, child]))
  if (recalled.dead.length > 0) await mourn(options, await listAgents(broker.bus), recalled.dead, planned)
  for (const child of living.values()) {
    const wanted = planned.find(({ spec }) => spec.name === child.name)
    if (wanted !== undefined && childSignature(wanted.spec) === child.signature) continue
    living.delete(child.name)
    await endStale(config.dataDir, child, note)
  }
  const hopes = new Map<string, number>()
  const start = (child: PlannedChild) => {
    const { agent } = child
    if (agent !== undefined) hopes.set(agent, (hopes.get(agent) ?? 0) + 1)
    return { agent, child: superviseOne(options, child, living.get(child.spec.name), hopes) }
  }
  const children = planned.map(start)
  return {
    report: () =>
      children.map(({ agent, child }) => ({ ...child.report(), ...(agent !== undefined && { agent }) })),
    output: (name) => children.find(({ child }) => child.name === name)?.child.output() ?? [],
    async add(specialist) {
      await prepareAgent(broker.bus, config, specialist.card.name)
      children.push(...(await hostSpecs(options, specialist)).map(start))
    },
    async stop(graceMs) {
      await Promise.all(children.map(({ child }) => child.stop(graceMs)))
    },
  }
}

function superviseOne(
  options: HostsOptions,
  { spec, agent }: PlannedChild,
  living: PidFile | undefined,
  /** By agent: replicas that are not given up. */
  hopes: Map<string, number>,
): SupervisedChild {
  const { config, team, note } = options
  return supervise(spec, {
    dataDir: config.dataDir,
    restarts: config.limits.restarts,
    living,
    onDeath(report, pid) {
      note(`${spec.name} ${report.lastDeath?.reason ?? 'ended'}; starting it again`)
      sleep(HAND_OVER_MS)
        .then(() => mourn(options, team.present, [{ name: spec.name, pid }], [{ spec, agent }]))
        .catch((error: unknown) => note(`handing over tasks of ${spec.name}: ${String(error)}`))
    },
    onGivenUp(report) {
      const lines = report.lastDeath?.lines.map((line) => `    ${line}`) ?? []
      const told = [
        `${spec.name} is given up: it ${report.lastDeath?.reason ?? 'ended'} at start again and again`,
        ...lines,
      ]
      note(told.join('\n'))
      if (agent === undefined) return
      const left = (hopes.get(agent) ?? 1) - 1
      hopes.set(agent, left)
      if (left === 0) team.giveUp(agent, told.join('\n'))
    },
  })
}

/** Tasks of hosts that have died go to the next ones now, not when their acknowledgement time is over. */
async function mourn(
  { broker, team }: HostsOptions,
  present: readonly AgentPresence[],
  dead: readonly Pick<PidFile, 'name' | 'pid'>[],
  children: readonly PlannedChild[],
): Promise<void> {
  const agents = new Map(children.map(({ spec, agent }) => [spec.name, agent]))
  const hosts = present.filter(({ pid, card }) =>
    dead.some((child) => child.pid === pid && agents.get(child.name) === card.name),
  )
  for (const { host } of hosts) team.bury(host)
  await Promise.all(hosts.map((host) => handOver(broker.bus, host)))
}

async function endStale(dataDir: string, child: PidFile, note: (line: string) => void): Promise<void> {
  note(`ending ${child.name} (process ${child.pid}) of an earlier daemon: it was started with other settings`)
  await endProcess(child, 2_000)
  removePidFile(dataDir, child.name)
}

interface PlannedChild {
  spec: ChildSpec
  agent?: string | undefined
}

async function toolboxSpec(options: HostsOptions): Promise<PlannedChild> {
  const { env, config, specialists } = options
  const grant = toolboxGrant(specialists)
  const connection = await connectionEnv(options, 'toolbox', grant)
  return {
    spec: {
      name: 'toolbox',
      script: fileURLToPath(import.meta.resolve('@bailiwick/tools/main')),
      args: [],
      env: { ...keylessEnv(env), ...connection },
      cwd: config.dataDir,
      rights: permissionsFor(grant),
    },
  }
}

async function hostSpecs(options: HostsOptions, specialist: LoadedSpecialist): Promise<PlannedChild[]> {
  const { env, config, model, specialists } = options
  const { card, member, file, folder } = specialist
  const { requireIsolation } = config.sandbox
  const grant = hostGrant(specialist, specialists)
  const connection = await connectionEnv(options, card.name, grant)
  const rights = permissionsFor(grant)
  return Array.from({ length: member.replicas }, (_, index) => ({
    agent: card.name,
    spec: {
      name: `agent-${card.name}-${index + 1}`,
      script: fileURLToPath(import.meta.resolve('@bailiwick/agent/main')),
      args: [
        file,
        ...['--max-concurrent', String(member.maxConcurrent)],
        ...(requireIsolation === undefined ? [] : ['--require-isolation', requireIsolation]),
        // Before it is killed: what is at work then must be handed on in order.
        ...['--grace-ms', String(Math.max(1, Math.round(config.limits.graceMs * 0.8)))],
      ],
      env: {
        ...modelEnv(env),
        ...connection,
        ...(model !== undefined && { BAILIWICK_MODEL: model }),
        ...(Object.keys(config.models).length === 0
          ? {}
          : { BAILIWICK_MODELS: JSON.stringify(config.models) }),
      },
      cwd: folder,
      rights,
    },
  }))
}

async function connectionEnv(
  { broker }: HostsOptions,
  name: string,
  grant: Parameters<Broker['ownCredentials']>[1],
): Promise<Record<string, string>> {
  const file = await broker.ownCredentials(name, grant)
  return { NATS_URL: broker.url, ...broker.tls, ...(file !== undefined && { NATS_CREDS: file }) }
}
