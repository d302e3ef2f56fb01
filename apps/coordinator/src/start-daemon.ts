import { prepareStreams, projectJournal, serveDelegations } from '@bailiwick/bus'
import { BailiwickError, InputError, type Model } from '@bailiwick/contract'
import { type DetectedModel, detectModel, noModelMessage, resolveModel } from '@bailiwick/models'
import { ownIdentity } from '@bailiwick/nats-server/process-identity'
import { type Broker, openBroker } from './broker/broker.ts'
import { requireSpace, watchSpace } from './broker/disk-space.ts'
import { type DaemonAddress, findDaemon, removeAddress, writeAddress } from './config/daemon-address.ts'
import { dataPaths, makeDataDir } from './config/data-dir.ts'
import type { LoadedConfig } from './config/load-config.ts'
import { delegationHandler } from './delegate/start-delegate.ts'
import { localHandler } from './local/handle-local.ts'
import { serveLocal } from './local/serve-local.ts'
import { awaitTeam } from './processes/await-team.ts'
import { type Hosts, startHosts } from './processes/hosts.ts'
import { buryDead } from './queue/end-dead-letters.ts'
import { handOverLeft } from './queue/hand-over-on-shutdown.ts'
import { sweepTasks } from './queue/redeliver-lost-tasks.ts'
import { cutOffExcess } from './refusals/evict-excess-readers.ts'
import { Floods } from './refusals/floods.ts'
import { tellRefusals } from './refusals/journal-refusals.ts'
import { Runs } from './runs/runs.ts'
import { serveRunRequests } from './runs/serve-run-requests.ts'
import { beyondCeiling } from './team/check-ceilings.ts'
import { type LoadedSpecialist, loadTeam } from './team/load-team.ts'
import { Team } from './team/team.ts'
import { watchRegistry } from './team/watch-registry.ts'

export interface DaemonOptions {
  config: LoadedConfig
  env: NodeJS.ProcessEnv
  version: string
  /** It lives for the length of one command. */
  ephemeral: boolean
  signal: AbortSignal
  /** For people: what happens around the runs. */
  note(line: string): void
}

/** A daemon at work. */
export interface Daemon {
  readonly address: DaemonAddress
  /** Settles when it can go on no longer; the reason says why. */
  readonly failed: Promise<Error>
  /**
   * Waits until the team has started, up to a limit. @returns the names of the processes that did not start
   *
   * @throws as {@link awaitTeam}
   */
  untilTeamReady(signal: AbortSignal): Promise<string[]>
  /** Lets tasks under way finish for up to `graceMs`, then ends every process that it started. */
  stop(graceMs: number): Promise<void>
}

/**
 * Starts the coordinator: the broker, the team's processes, and the service of runs. What a daemon before
 * left running is adopted, and every open run goes on.
 *
 * @throws InputError, DefinitionError or NatsServerError where it cannot; nothing stays running then
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, note, signal } = options
  // What the configuration says of calls at once holds for all processes together.
  const env = { BAILIWICK_MODEL_SLOTS: dataPaths.slots(config.dataDir), ...options.env }
  refuseSecond(config.dataDir)
  makeDataDir(config.dataDir)
  const ended = new AbortController()
  const [specialists, model, broker] = await settleAll(
    allowedTeam(options),
    findModel(config, env, signal),
    openBroker(config, env, { note, signal }),
    async (opened) => opened.close(),
  )
  const undo: (() => Promise<void>)[] = [() => broker.close()]
  try {
    const failed = Promise.withResolvers<Error>()
    const fail = (what: string) => (error: unknown) => {
      if (ended.signal.aborted) return
      failed.resolve(
        new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }),
      )
    }
    broker.failed.then(fail('the broker'))
    const { bus } = broker
    await prepareStreams(bus, config.streams)
    const team = new Team({ specialists, lead: config.lead, writer: config.writer })
    watchRegistry(bus, team, ended.signal).catch(fail('watching the registry'))
    const hosts = await startHosts({ config, env, broker, team, specialists, model: model?.name, note })
    undo.unshift(() => hosts.stop(0))
    // On a server of somebody else's the disk is elsewhere.
    const keepsItself = broker.server !== undefined
    if (keepsItself) watchSpace(config.dataDir, note, ended.signal).catch(fail('looking at the disk'))
    const runs = new Runs({
      bus,
      config,
      team,
      model: async () => model?.model ?? plannerModel(config, env),
      signal: ended.signal,
      warn: note,
      requireSpace: () => (keepsItself ? requireSpace(config.dataDir) : undefined),
    })
    projectJournal(bus, ended.signal).catch(fail('publishing events'))
    buryDead(bus, ended.signal).catch(fail('looking for dead letters'))
    const watched = (error: unknown) => note(`what NATS refuses is no longer watched: ${String(error)}`)
    if (broker.refusals !== undefined) {
      tellRefusals(bus, 'refused', broker.refusals(ended.signal), note).catch(watched)
    }
    const excess = cutOffExcess({ bus, broker, hosts, limit: config.limits.readers, note }, ended.signal)
    tellRefusals(bus, 'excess', excess, note).catch(watched)
    const floods = new Floods()
    tellRefusals(bus, 'flood', floods.follow(ended.signal), note).catch(watched)
    const delegations = await serveDelegations(
      bus,
      delegationHandler(bus, (run) => runs.context(run)),
      { onFlood: (caller, subject) => floods.add(caller, subject) },
    )
    const adopted = await runs.adopt()
    if (adopted > 0) note(`${adopted} open ${adopted === 1 ? 'run goes' : 'runs go'} on`)
    sweepTasks({ bus, team, runs, note }, ended.signal).catch(fail('looking for lost tasks'))
    const local = await serveLocal(localHandler({ config, broker, team, hosts, signal: ended.signal }))
    undo.unshift(async () => local[Symbol.asyncDispose]())
    const address = await announce(options, broker, team, local.path)
    const status = () => report({ options, broker, team, hosts, runs, model })
    const requests = await serveRunRequests(bus, runs, status)
    return {
      address,
      failed: failed.promise,
      untilTeamReady: (until) => awaitTeam({ team, hosts, note, signal: until }),
      async stop(graceMs) {
        await Promise.all([requests, delegations, local].map((served) => served[Symbol.asyncDispose]()))
        await Promise.race([runs.stopped(), pause(graceMs)])
        ended.abort(new BailiwickError('suspended', 'the daemon is shutting down'))
        await runs.stopped()
        removeAddress(config.dataDir)
        await handOverLeft(bus, () => hosts.stop(config.limits.graceMs))
        await broker.close()
      },
    }
  } catch (error) {
    ended.abort(new BailiwickError('suspended', 'the daemon could not start', { cause: error }))
    for (const step of undo) await step()
    throw error
  }
}

async function allowedTeam({ config, note, signal }: DaemonOptions): Promise<LoadedSpecialist[]> {
  const specialists = await loadTeam(config, signal)
  for (const line of beyondCeiling(specialists, config.beyondCeiling)) note(line)
  return specialists
}

function refuseSecond(dataDir: string): void {
  const other = findDaemon(dataDir)
  if (other === undefined || other.pid === process.pid) return
  throw new InputError(
    `a daemon (process ${other.pid}) already runs on ${dataDir}: use it, end it with "bailiwick down", or set another dataDir`,
  )
}

async function findModel(
  config: LoadedConfig,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<DetectedModel | undefined> {
  const found = await detectModel(env, { configured: config.model, aliases: config.models, signal })
  if (found === undefined) throw new InputError(noModelMessage())
  return found
}

function plannerModel(config: LoadedConfig, env: NodeJS.ProcessEnv): Promise<Model> {
  return resolveModel(config.model ?? '', { env, aliases: config.models })
}

/** All three, or the first failure; then what was opened is closed again. */
async function settleAll<A, B, C>(
  a: Promise<A>,
  b: Promise<B>,
  c: Promise<C>,
  close: (value: C) => Promise<void>,
): Promise<[A, B, C]> {
  try {
    return await Promise.all([a, b, c])
  } catch (error) {
    await c.then(close, () => {}) // Its own failure is the one thrown, or comes after it.
    throw error
  }
}

async function announce(
  { config, ephemeral, version }: DaemonOptions,
  broker: Broker,
  team: Team,
  local: string,
): Promise<DaemonAddress> {
  const credentials = await broker.ownCredentials('user', { role: 'user', readsFrom: team.names() })
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
  writeAddress(config.dataDir, address)
  return address
}

function report(parts: {
  options: DaemonOptions
  broker: Broker
  team: Team
  hosts: Hosts
  runs: Runs
  model: DetectedModel | undefined
}): Record<string, unknown> {
  const { options, broker, team, hosts, runs, model } = parts
  return {
    pid: process.pid,
    version: options.version,
    ephemeral: options.ephemeral,
    dataDir: options.config.dataDir,
    url: broker.url,
    ...(broker.server !== undefined && { natsServer: broker.server() }),
    ...(model !== undefined && { model: { name: model.name, source: model.source } }),
    processes: hosts.report(),
    agents: team.names().map((name) => {
      const { level, description, tools } = team.card(name)
      const present = team.present.filter(({ card }) => card.name === name)
      return {
        name,
        level,
        description,
        tools,
        hosts: present.map(({ host, pid, slots, busy }) => ({ host, pid, slots, busy })),
      }
    }),
    tools: team.tools(),
    workingRuns: runs.working,
    memoryMb: Math.round(process.memoryUsage.rss() / 1_048_576),
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })
}
