import { prepareStreams, projectJournal, serveDelegations } from '@bailiwick/bus'
import { AsyncQueue, BailiwickError, errorText, InputError, type Model } from '@bailiwick/contract'
import { type DetectedModel, detectModel, noModelMessage, resolveModel } from '@bailiwick/models'
import { ownIdentity } from '@bailiwick/nats-server/process-identity'
import { type Broker, openBroker } from './broker/broker.ts'
import { markStore, refuseNewerStore } from './broker/store-version.ts'
import { coordinatorId } from './config/coordinator-id.ts'
import { type DaemonAddress, findDaemon, removeAddress, writeAddress } from './config/daemon-address.ts'
import { dataPaths, makeDataDir } from './config/data-dir.ts'
import { isDiskFull, requireSpace, untilSpace, watchSpace, whenSpace } from './config/disk-space.ts'
import type { LoadedConfig } from './config/load-config.ts'
import type { DaemonStatus } from './daemon-status.ts'
import { delegationHandler } from './delegate/start-delegate.ts'
import { localHandler } from './local/handle-local.ts'
import { serveLocal } from './local/serve-local.ts'
import { awaitTeam } from './processes/await-team.ts'
import { type Hosts, startHosts } from './processes/hosts.ts'
import { endDeadLetters } from './queue/end-dead-letters.ts'
import { handOverOnShutdown } from './queue/hand-over-on-shutdown.ts'
import { redeliverLostTasks } from './queue/redeliver-lost-tasks.ts'
import { evictExcessReaders } from './refusals/evict-excess-readers.ts'
import { journalRefusals, type RefusalBatch } from './refusals/journal-refusals.ts'
import { Coordinators } from './runs/coordinators.ts'
import { purgeOldRuns } from './runs/purge-old-runs.ts'
import { Runs } from './runs/runs.ts'
import { serveRunRequests } from './runs/serve-run-requests.ts'
import { checkCeilings } from './team/check-ceilings.ts'
import { type LoadedSpecialist, loadTeam } from './team/load-team.ts'
import { isTooOld, Team } from './team/team.ts'
import { watchRegistry } from './team/watch-registry.ts'

/** How often a daemon that shuts down checks whether tasks are at work. Milliseconds. */
const IDLE_CHECK_MS = 50

export interface DaemonOptions {
  config: LoadedConfig
  env: NodeJS.ProcessEnv
  version: string
  /** True if the daemon ends with the command that started it. */
  ephemeral: boolean
  signal: AbortSignal
  /** Prints a line about the daemon for the operator. */
  note(line: string): void
}

/** A running daemon. */
export interface Daemon {
  readonly address: DaemonAddress
  /** Settles with the reason if the daemon cannot continue. */
  readonly failed: Promise<Error>
  /**
   * Waits until the team has started, up to a limit. @returns the names of the processes that did not start
   *
   * @throws as {@link awaitTeam}
   */
  untilTeamReady(signal: AbortSignal): Promise<string[]>
  /** Waits up to `graceMs` milliseconds for running tasks, then ends every process that it started. */
  stop(graceMs: number): Promise<void>
}

/**
 * Starts the coordinator: the broker, the team's processes, and the services for runs. Adopts the processes of an
 * earlier daemon, and resumes every open run.
 *
 * @throws InputError, DefinitionError or NatsServerError if it cannot start; then no process is left running
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, note, signal } = options
  // The configured number of concurrent model calls applies to all processes together.
  const env = { BAILIWICK_MODEL_SLOTS: dataPaths.slots(config.dataDir), ...options.env }
  refuseSecondDaemon(config.dataDir)
  await whenSpace(config.dataDir, { note, signal }, () => makeDataDir(config.dataDir))
  await untilSpace(config.dataDir, { note, signal })
  const ended = new AbortController()
  const [specialists, model, broker] = await openAll(
    loadCheckedTeam(options),
    findModel(config, env, signal),
    openBroker(config, env, { note, signal }),
  )
  const undo: (() => Promise<void>)[] = [() => broker.close()]
  try {
    const failed = Promise.withResolvers<Error>()
    const fail = (part: string) => (error: unknown) => {
      if (!ended.signal.aborted) {
        failed.resolve(new BailiwickError('daemon', `${part} failed: ${errorText(error)}`, { cause: error }))
      }
    }
    const { bus } = broker
    bus.waits.onWait(note)
    bus.waits.onOver((what) => note(`This wait is over: ${what}`))
    await refuseNewerStore(bus)
    await prepareStreams(bus, config.streams, signal)
    await markStore(bus, options.version)
    const team = new Team({ specialists, lead: config.lead, writer: config.writer, note })
    watchRegistry(bus, team, ended.signal).catch(fail('Watching the registry'))
    const hosts = await startHosts({ config, env, broker, team, specialists, model: model.name, note })
    undo.unshift(() => hosts.stop(0))
    // The store of an existing server is on another disk.
    const hasOwnStore = broker.server !== undefined
    if (hasOwnStore) watchSpace(config.dataDir, note, ended.signal).catch(fail('Watching the disk'))
    const coordinator = await whenSpace(config.dataDir, { note, signal }, () => coordinatorId(config.dataDir))
    const coordinators = new Coordinators({
      bus,
      coordinator,
      version: options.version,
      signal: ended.signal,
    })
    const runs = new Runs({
      bus,
      coordinator,
      coordinators,
      config,
      team,
      model: async () => model.model ?? plannerModel(config, env),
      signal: ended.signal,
      warn: note,
      requireSpace: () => (hasOwnStore ? requireSpace(config.dataDir) : undefined),
    })
    endDeadLetters(bus, ended.signal).catch(fail('Ending dead letters'))
    const floods = new AsyncQueue<RefusalBatch>(ended.signal)
    watchRefusals({ config, broker, hosts, floods, note }, ended.signal)
    const delegations = await serveDelegations(
      bus,
      delegationHandler(bus, (run, until) => runs.context(run, until)),
      {
        callers: [],
        onFlood: (user, subject) =>
          floods.push({ refused: [{ user, action: 'flood', subject }], incomplete: true }),
      },
    )
    team.onNamed((agent) => delegations.admit(agent).catch(fail('Serving delegations')))
    coordinators.follow().catch(fail('Announcing this coordinator'))
    const resumed = await runs.adopt(fail('Following the journals'))
    if (resumed > 0) note(`Resumed ${resumed} open ${resumed === 1 ? 'run' : 'runs'}.`)
    redeliverLostTasks({ bus, team, runs, hosts, note }, ended.signal).catch(fail('Redelivering lost tasks'))
    let isHolding = false
    const projecting = projectJournal(bus, ended.signal, {
      coordinator,
      stored: () => runs.stored(),
      onHolding: (holding) => {
        isHolding = holding
      },
      onLost: () => runs.reread(),
      note,
    }).catch(fail('Publishing events'))
    purgeOldRuns(
      { bus, runs, keepMs: config.limits.keepRunsMs, isHolding: () => isHolding, note },
      ended.signal,
    ).catch(fail('Purging old runs'))
    const status = () =>
      reportStatus({ options, broker, team, hosts, coordinator, coordinators, runs, model })
    const local = await serveLocal(
      localHandler({ config, broker, team, hosts, status, signal: ended.signal }),
    )
    undo.unshift(async () => local[Symbol.asyncDispose]())
    const address = await publishAddress(options, broker, local.path)
    const requests = await serveRunRequests(bus, runs, status)
    return {
      address,
      failed: failed.promise,
      async untilTeamReady(until) {
        const missing = await awaitTeam({ team, hosts, note, signal: until })
        // Tells the operator now, and not only when the first task goes without a tool.
        team.noteMissingTools()
        return missing
      },
      async stop(graceMs) {
        await Promise.all([requests, delegations, local].map((served) => served[Symbol.asyncDispose]()))
        await untilIdle(runs, graceMs)
        ended.abort(new BailiwickError('suspended', 'The daemon is shutting down.'))
        await runs.stopped()
        // Another coordinator need not wait for the lease.
        await projecting
        await coordinators[Symbol.asyncDispose]()
        removeAddress(config.dataDir)
        await handOverOnShutdown(bus, () => hosts.stop(config.limits.graceMs))
        await broker.close()
      },
    }
  } catch (error) {
    ended.abort(new BailiwickError('suspended', 'The daemon could not start.', { cause: error }))
    for (const step of undo) await step()
    throw error
  }
}

async function loadCheckedTeam({ config, note, signal }: DaemonOptions): Promise<LoadedSpecialist[]> {
  const specialists = await loadTeam(config, signal)
  for (const line of checkCeilings(specialists, config.beyondCeiling)) note(line)
  return specialists
}

function refuseSecondDaemon(dataDir: string): void {
  const other = findDaemon(dataDir)
  if (other === undefined || other.pid === process.pid) return
  throw new InputError(
    `Expected no daemon on ${dataDir}, found process ${other.pid}. Use that daemon, end it with "bailiwick down", or set another dataDir.`,
  )
}

async function findModel(
  config: LoadedConfig,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<DetectedModel> {
  const found = await detectModel(env, { configured: config.model, aliases: config.models, signal })
  if (found === undefined) throw new InputError(noModelMessage())
  return found
}

function plannerModel(config: LoadedConfig, env: NodeJS.ProcessEnv): Promise<Model> {
  return resolveModel(config.model ?? '', { env, aliases: config.models })
}

/** Waits for all three. If one fails, closes the broker and throws the first failure. */
async function openAll<A, B>(a: Promise<A>, b: Promise<B>, broker: Promise<Broker>): Promise<[A, B, Broker]> {
  try {
    return await Promise.all([a, b, broker])
  } catch (error) {
    // If opening the broker failed, that is the error which is thrown, or a later one.
    await broker.then(
      (opened) => opened.close(),
      () => {},
    )
    throw error
  }
}

/** Journals what NATS and the daemon refuse to users, and evicts users with too many readers. */
function watchRefusals(
  daemon: {
    config: LoadedConfig
    broker: Broker
    hosts: Hosts
    floods: AsyncIterable<RefusalBatch>
    note(line: string): void
  },
  signal: AbortSignal,
): void {
  const { config, broker, hosts, floods, note } = daemon
  const { bus } = broker
  const excess = evictExcessReaders({ bus, broker, hosts, limit: config.limits.readers, note }, signal)
  const refused = broker.refusals?.(signal)
  for (const [kind, refusals] of [
    ['refused', refused],
    ['excess', excess],
    ['flood', floods],
  ] as const) {
    if (refusals === undefined) continue
    journalRefusals(bus, kind, refusals, note).catch((error: unknown) =>
      note(`Cannot watch refusals any longer (${kind}): ${errorText(error)}`),
    )
  }
}

async function publishAddress(
  { config, ephemeral, version, note, signal }: DaemonOptions,
  broker: Broker,
  local: string,
): Promise<DaemonAddress> {
  const credentials = await broker.ownCredentials('user', { role: 'user' })
  const address: DaemonAddress = {
    v: 1,
    ...ownIdentity(),
    url: broker.url,
    ...(credentials !== undefined && { credentials }),
    tls: broker.tls,
    local,
    ephemeral,
    startedAt: Date.now(),
    version,
    ...(config.file !== undefined && { config: config.file }),
  }
  await whenSpace(config.dataDir, { note, signal }, () => writeAddress(config.dataDir, address))
  return address
}

function reportStatus(daemon: {
  options: DaemonOptions
  broker: Broker
  team: Team
  hosts: Hosts
  coordinator: string
  coordinators: Coordinators
  runs: Runs
  model: DetectedModel
}): DaemonStatus {
  const { options, broker, team, hosts, coordinator, coordinators, runs, model } = daemon
  const { dataDir } = options.config
  return {
    pid: process.pid,
    version: options.version,
    ephemeral: options.ephemeral,
    dataDir,
    url: broker.url,
    ...(broker.server !== undefined && { natsServer: broker.server() }),
    model: { name: model.name, source: model.source },
    processes: hosts.report(),
    agents: team.names().map((name) => {
      const { level, description, tools } = team.card(name)
      const present = team.present.filter(({ card }) => card.name === name)
      return {
        name,
        level,
        description,
        tools: [...tools],
        hosts: present.map((one) => {
          const { host, pid, slots, busy, protocol } = one
          return { host, pid, slots, busy, protocol, ...(isTooOld(one) && { tooOld: true }) }
        }),
      }
    }),
    tools: team.tools(),
    missingTools: team.missingTools(),
    waits: [
      ...(broker.server !== undefined && isDiskFull(dataDir) ? [`The disk of ${dataDir} is full.`] : []),
      ...broker.bus.waits.current,
    ],
    coordinator,
    others: coordinators
      .list()
      .filter((other) => other.coordinator !== coordinator)
      .map(({ coordinator, pid, host, version, startedAt }) => ({
        coordinator,
        pid,
        host,
        version,
        startedAt,
      })),
    workingRuns: runs.working,
    memoryMb: Math.round(process.memoryUsage.rss() / 1_048_576),
  }
}

/** Waits until nothing is at work, up to a limit in milliseconds. */
async function untilIdle(runs: Runs, maxMs: number): Promise<void> {
  const until = performance.now() + maxMs
  while (runs.isBusy && performance.now() < until) await pause(IDLE_CHECK_MS)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
