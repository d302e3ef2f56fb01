import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  type AgentPresence,
  handOver,
  listAgents,
  OLDEST_HOST_PROTOCOL,
  permissionsFor,
} from '@bailiwick/bus'
import { errorText } from '@bailiwick/contract'
import type { Broker } from '../broker/broker.ts'
import { prepareAgentQueue } from '../broker/prepare-agent-queue.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import type { LoadedSpecialist } from '../team/load-team.ts'
import { hostGrant, toolboxGrant } from '../team/role-grants.ts'
import type { Team } from '../team/team.ts'
import { keylessEnv, modelEnv } from './child-env.ts'
import { type ChildSpec, childSignature } from './child-spec.ts'
import { endProcess } from './end-process.ts'
import { OnDemand } from './on-demand.ts'
import { type PidFile, recallChildren, removePidFile } from './pid-file.ts'
import { type ChildReport, supervise } from './supervise.ts'

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

/** The state of one process of the team. */
export interface HostReport extends ChildReport {
  /** The agent that it hosts; absent for the toolbox. */
  agent?: string
}

/** The processes that the daemon keeps alive: the toolbox and the hosts of every specialist. */
export interface Hosts {
  report(): HostReport[]
  /** The last lines that a process has printed. Empty if there is no process of that name. */
  output(name: string): string[]
  /** Has idle hosts of an agent started if tasks wait for them. */
  need(agent: string): void
  /** Starts the hosts of one more specialist. */
  add(specialist: LoadedSpecialist): Promise<void>
  stop(graceMs: number): Promise<void>
}

/**
 * Delay before a dead host's tasks are handed over, milliseconds. If other hosts died with it, the server must notice
 * first, or their pending pulls would swallow the tasks.
 */
const HAND_OVER_DELAY_MS = 50
/**
 * A host is mostly idle, and a team may have many. With V8's default size of the young generation (up to 32 MiB), a host
 * that works grows by 30 MB. With 2 MiB it needs no more CPU time; with 1 MiB, a tenth more.
 */
const SMALL_HEAP = ['--max-semi-space-size=2']
/** How long a process of an earlier daemon gets to end. Milliseconds. */
const STALE_GRACE_MS = 2_000

/** Starts every process of the team, and adopts those of an earlier daemon that still run. */
export async function startHosts(options: HostsOptions): Promise<Hosts> {
  const { broker, config, specialists, team, note } = options
  await Promise.all(specialists.map(({ card }) => prepareAgentQueue(broker.bus, config, card.name)))
  const planned = [
    await toolboxSpec(options),
    ...(await Promise.all(specialists.map((specialist) => hostSpecs(options, specialist)))).flat(),
  ]
  const recalled = recallChildren(config.dataDir)
  const living = new Map(recalled.living.map((child) => [child.name, child]))
  if (recalled.dead.length > 0) {
    await handOverTasks(options, await listAgents(broker.bus), recalled.dead, planned)
  }
  for (const child of living.values()) {
    const own = planned.find(({ spec }) => spec.name === child.name)
    if (own !== undefined && childSignature(own.spec) === child.signature) continue
    living.delete(child.name)
    note(
      `Ending ${child.name} (process ${child.pid}) of an earlier daemon, because its settings have changed.`,
    )
    await endProcess(child, STALE_GRACE_MS)
    removePidFile(config.dataDir, child.name)
  }

  /** Names of the processes that keep dying, so that each is noted once. */
  const failing = new Set<string>()
  const onDeath = (planned: PlannedChild, report: ChildReport, pid: number) => {
    const { name, state, lastDeath = { reason: 'ended', lines: [] } } = report
    const { agent } = planned
    sleep(HAND_OVER_DELAY_MS)
      .then(() => handOverTasks(options, team.present, [{ name, pid }], [planned]))
      .catch((error: unknown) => note(`Cannot hand over the tasks of ${name}: ${errorText(error)}`))
      // Not before, because it would count as a host that is free.
      .then(() => agent !== undefined && onDemand.changed(agent))
    if (state === 'idle') return
    // The operator was told when its replacement began.
    if (state === 'waiting' && report.replacing !== undefined) return
    if (state !== 'failed') return note(`${name} ${lastDeath.reason}. Restarting it.`)
    const lines = lastDeath.lines.map((line) => `\n    ${line}`).join('')
    const message = `${name} ${lastDeath.reason} soon after each start. It is tried again, up to a minute apart.${lines}`
    if (!failing.has(name)) note(message)
    failing.add(name)
    const mayHaveHost = children.some(({ child, agent: other }) => other === agent && !isDown(child.report()))
    if (agent !== undefined && !mayHaveHost) team.hostsFailed(agent, message)
  }
  const onRecovered = ({ spec, agent }: PlannedChild) => {
    failing.delete(spec.name)
    note(`${spec.name} runs again.`)
    if (agent !== undefined) team.hostsRecovered(agent)
  }
  const hostsOf = (agent: string) => children.filter((one) => one.agent === agent).map(({ child }) => child)
  const onDemand = new OnDemand({
    bus: broker.bus,
    present: (agent) => team.present.filter(({ card }) => card.name === agent),
    warn: (agent, error) => note(`Cannot read how many tasks wait for ${agent}: ${errorText(error)}`),
  })
  const demand = ({ card, member, ownTools }: LoadedSpecialist) =>
    onDemand.add({
      name: card.name,
      slots: member.maxConcurrent,
      tools: ownTools.map(({ name }) => name),
      hosts: hostsOf(card.name),
    })
  const start = (planned: PlannedChild) => ({
    agent: planned.agent,
    child: supervise(planned.spec, {
      dataDir: config.dataDir,
      restarts: config.limits.restarts,
      living: living.get(planned.spec.name),
      files: planned.files,
      onDemand: planned.onDemand,
      onDeath: (report, pid) => onDeath(planned, report, pid),
      onRecovered: () => onRecovered(planned),
    }),
  })
  const children = planned.map(start)
  team.onNeeded((agent, why) => {
    if (why === 'tools') return onDemand.needTools(agent)
    for (const child of hostsOf(agent)) child.need()
  })
  for (const specialist of specialists) demand(specialist)
  /** The hosts that are too old and that the operator knows of. */
  const noted = new Set<string>()
  team.onTooOld(({ card, host, pid, protocol }) => {
    if (noted.has(host)) return
    noted.add(host)
    const own = children.find(({ agent, child }) => agent === card.name && child.report().pid === pid)?.child
    const why = `speaks version ${protocol} of the protocol, and this daemon needs ${OLDEST_HOST_PROTOCOL} or newer`
    if (own === undefined) return note(`Host ${host} (process ${pid}) ${why}. Update it and start it again.`)
    note(`${own.name} (process ${pid}) ${why}. It finishes its tasks, and is restarted.`)
    own
      .replace(why, config.limits.graceMs)
      .catch((error: unknown) => note(`Cannot restart ${own.name}: ${errorText(error)}`))
  })
  return {
    report: () =>
      children.map(({ agent, child }) => ({ ...child.report(), ...(agent !== undefined && { agent }) })),
    output: (name) => children.find(({ child }) => child.name === name)?.child.output() ?? [],
    need: (agent) => onDemand.need(agent),
    async add(specialist) {
      await prepareAgentQueue(broker.bus, config, specialist.card.name)
      children.push(...(await hostSpecs(options, specialist)).map(start))
      demand(specialist)
    },
    async stop(graceMs) {
      onDemand[Symbol.dispose]()
      await Promise.all(children.map(({ child }) => child.stop(graceMs)))
    },
  }
}

/** Redelivers the tasks of dead hosts at once instead of after their acknowledgement time. */
async function handOverTasks(
  { broker, team }: HostsOptions,
  present: readonly AgentPresence[],
  dead: readonly Pick<PidFile, 'name' | 'pid'>[],
  children: readonly PlannedChild[],
): Promise<void> {
  const agents = new Map(children.map(({ spec, agent }) => [spec.name, agent]))
  const hosts = present.filter(({ pid, card }) =>
    dead.some((child) => child.pid === pid && agents.get(child.name) === card.name),
  )
  for (const { host } of hosts) team.markDead(host)
  await Promise.all(hosts.map((host) => handOver(broker.bus, host)))
}

interface PlannedChild {
  spec: ChildSpec
  agent?: string | undefined
  /** The files of its definition. If it cannot load them, it is tried again when one of them changes. */
  files: readonly string[]
  onDemand: boolean
}

/** Whether it keeps dying and no other try is running. */
function isDown({ state, pid }: ChildReport): boolean {
  return state === 'failed' && pid === undefined
}

async function toolboxSpec(options: HostsOptions): Promise<PlannedChild> {
  const { env, config, broker } = options
  const grant = toolboxGrant()
  const connection = await connectionEnv(options, 'toolbox', grant)
  return {
    files: [],
    onDemand: false,
    spec: {
      name: 'toolbox',
      script: fileURLToPath(import.meta.resolve('@bailiwick/tools/main')),
      args: [],
      env: {
        ...keylessEnv(env),
        ...connection,
        // It refuses uploads for new runs if the disk of the daemon's own server is full.
        ...(broker.server !== undefined && { BAILIWICK_STORE: config.dataDir }),
      },
      cwd: config.dataDir,
      rights: permissionsFor(grant),
    },
  }
}

async function hostSpecs(options: HostsOptions, specialist: LoadedSpecialist): Promise<PlannedChild[]> {
  const { env, config, model } = options
  const { card, member, file, folder, onDemand } = specialist
  const { requireIsolation } = config.sandbox
  const grant = hostGrant(specialist)
  const connection = await connectionEnv(options, card.name, grant)
  const rights = permissionsFor(grant)
  return Array.from({ length: member.replicas }, (_, index) => ({
    agent: card.name,
    files: [file],
    onDemand,
    spec: {
      name: `agent-${card.name}-${index + 1}`,
      script: fileURLToPath(import.meta.resolve('@bailiwick/agent/main')),
      args: [
        file,
        ...['--max-concurrent', String(member.maxConcurrent)],
        ...(requireIsolation === undefined ? [] : ['--require-isolation', requireIsolation]),
        // Shorter than the time after which the host is killed, so that it can suspend its tasks first.
        ...(onDemand ? ['--idle-ms', String(config.limits.hostIdleMs)] : []),
        ...['--grace-ms', String(Math.max(1, Math.round(config.limits.graceMs * 0.8)))],
        ...['--suspend-after-ms', String(config.limits.suspendAfterMs)],
      ],
      nodeArgs: SMALL_HEAP,
      env: {
        ...modelEnv(env),
        ...connection,
        // An arena for each thread would cost about 4 MB, and a host's threads rarely allocate.
        MALLOC_ARENA_MAX: '1',
        ...(model !== undefined && { BAILIWICK_MODEL: model }),
        ...(Object.keys(config.models).length > 0 && { BAILIWICK_MODELS: JSON.stringify(config.models) }),
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
