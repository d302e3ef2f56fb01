import type { BusAccess } from '@bailiwick/bus'
import { errorText, FILE_LIMITS_TEXT } from '@bailiwick/contract'
import { type DaemonAddress, findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import type { LoadedConfig } from '@bailiwick/coordinator/config/load-config'
import type { DaemonStatus } from '@bailiwick/coordinator/daemon-status'
import type { LoadedSpecialist } from '@bailiwick/coordinator/team/load-team'
import type { CommandContext } from '../command/define-command.ts'
import { connectTo, readConfig } from '../daemon/use-daemon.ts'
import { checkDataDir } from './check-data-dir.ts'

/** The outcome of one check. */
export interface Finding {
  what: string
  state: 'ok' | 'warning' | 'problem'
  found: string
  /** How to fix it. */
  advice?: string
}

export interface DoctorOptions {
  fetchBubblewrap: boolean
}

/** Checks everything that a run needs. A failed check is a finding, not an error. */
export async function checkMachine(context: CommandContext<object, DoctorOptions>): Promise<Finding[]> {
  const config = await readConfig(context).catch((error: unknown) => error)
  if (!isConfig(config)) return [checkNode(), problem('configuration', config)]
  let loading: Promise<LoadedSpecialist[]> | undefined
  const team = () => {
    loading ??= loadSpecialists(config, context.signal)
    return loading
  }
  const checks: [string, () => Promise<Finding>][] = [
    ['model', () => checkModel(config, context)],
    ['isolation', () => checkIsolation(context)],
    ['team', async () => checkTeam(config, await team())],
    ['tools', async () => checkTools(config, await team().catch(() => undefined))],
    ['daemon', () => checkDaemon(config)],
  ]
  const run = ([what, check]: (typeof checks)[number]) =>
    check().catch((error: unknown) => problem(what, error))
  // Check the server alone: while the other checks load and start things, it could miss its time limit.
  const server = await run(['nats-server', () => checkServer(config, context.env)])
  const others = await Promise.all(checks.map(run))
  return [checkNode(), checkConfig(config), checkDataDir(config.dataDir), server, ...others, statedLimits()]
}

function isConfig(value: unknown): value is LoadedConfig {
  return !(value instanceof Error)
}

function problem(what: string, error: unknown): Finding {
  const [found = '', ...rest] = errorText(error).split('\n')
  return { what, state: 'problem', found, ...(rest.length > 0 && { advice: rest.join('\n') }) }
}

function checkNode(): Finding {
  return { what: 'node', state: 'ok', found: `${process.version} on ${process.platform} ${process.arch}` }
}

function checkConfig({ file }: LoadedConfig): Finding {
  return { what: 'configuration', state: 'ok', found: file ?? 'defaults (no bailiwick.config.ts)' }
}

/** States the limits of files before anybody uploads one. */
function statedLimits(): Finding {
  return { what: 'files', state: 'ok', found: FILE_LIMITS_TEXT }
}

async function checkServer(config: LoadedConfig, env: NodeJS.ProcessEnv): Promise<Finding> {
  const what = 'nats-server'
  const { existingServerAccess } = await import('@bailiwick/coordinator/broker/broker')
  const { url, ...access } = existingServerAccess(config, env)
  if (url !== undefined) return checkExternalServer({ url, ...access })
  const { findNatsServer } = await import('@bailiwick/nats-server')
  const binary = await findNatsServer({ env })
  if (binary === undefined) {
    return {
      what,
      state: 'warning',
      found: 'not on this machine',
      advice: 'The daemon downloads it when it first starts.',
    }
  }
  const found = `${binary.version} at ${binary.path}`
  return binary.warning === undefined
    ? { what, state: 'ok', found }
    : { what, state: 'warning', found, advice: binary.warning }
}

/** Checks a server of the operator's own, over the same connection that the daemon will use. */
async function checkExternalServer({ url, credsFile, tls }: BusAccess & { url: string }): Promise<Finding> {
  const { checkServer: check, tlsFromEnv } = await import('@bailiwick/bus')
  const { version, problems } = await check({
    url,
    name: 'doctor',
    ...(credsFile !== undefined && { credsFile }),
    ...tlsFromEnv(tls),
  })
  const what = 'nats-server'
  const found = `${version} at ${url.replaceAll(/\/\/[^@/,]*@/g, '//')}, not managed by Bailiwick`
  if (problems.length === 0) return { what, state: 'ok', found }
  return { what, state: 'problem', found, advice: problems.join('\n') }
}

async function checkModel(config: LoadedConfig, { env, signal }: CommandContext): Promise<Finding> {
  const { detectModel, noModelMessage } = await import('@bailiwick/models')
  const choice = { configured: config.model, aliases: config.models, signal }
  const found = await detectModel(env, choice)
  if (found === undefined) return problem('model', noModelMessage())
  const { tryModel } = await import('./try-model.ts')
  const answered = await tryModel(found.name, { env, aliases: config.models, signal })
  return { what: 'model', state: 'ok', found: `${found.name} (from ${found.source})${answered}` }
}

async function checkIsolation({
  options,
  env,
  note,
  signal,
}: CommandContext<object, DoctorOptions>): Promise<Finding> {
  const { ensureBubblewrap, probeIsolation } = await import('@bailiwick/sandbox')
  if (options.fetchBubblewrap) await ensureBubblewrap({ env, signal, onProgress: note })
  const { isolation, notes } = await probeIsolation()
  const what = 'isolation'
  if (isolation === 'confined')
    return { what, state: 'ok', found: 'confined: isolate, guarded process, OS container' }
  return {
    what,
    state: 'warning',
    found: `${isolation}: isolate and guarded process`,
    ...(notes.length > 0 && { advice: notes.join('\n') }),
  }
}

async function loadSpecialists(config: LoadedConfig, signal: AbortSignal): Promise<LoadedSpecialist[]> {
  const { loadTeam } = await import('@bailiwick/coordinator/team/load-team')
  return loadTeam(config, signal)
}

async function checkTeam(config: LoadedConfig, team: LoadedSpecialist[]): Promise<Finding> {
  const { checkCeilings } = await import('@bailiwick/coordinator/team/check-ceilings')
  const found = team
    .map(({ card, member }) => `${card.name} (level ${member.level ?? card.level})`)
    .join(', ')
  const over = checkCeilings(team, config.beyondCeiling)
  return over.length === 0
    ? { what: 'team', state: 'ok', found }
    : { what: 'team', state: 'warning', found, advice: over.join('\n') }
}

/** Checks that the tools which the team asks for have a host: by the running daemon, or else by the configuration. */
async function checkTools({ dataDir }: LoadedConfig, team: LoadedSpecialist[] | undefined): Promise<Finding> {
  const what = 'tools'
  if (team === undefined)
    return { what, state: 'warning', found: 'not checked, because the team cannot be loaded' }
  const { Team } = await import('@bailiwick/coordinator/team/team')
  const found = findDaemon(dataDir)
  const { isResponding } = await import('../daemon/ask-local.ts')
  // The check of the daemon reports one that does not respond.
  const isSilent = found?.local !== undefined && !(await isResponding(found))
  const daemon = isSilent ? undefined : found
  const missing =
    daemon === undefined
      ? new Team({ specialists: team }).missingTools()
      : (await statusOf(daemon)).missingTools
  if (missing.length === 0) return { what, state: 'ok', found: 'each tool that the team asks for has a host' }
  const asked = missing.map(({ name, agents }) => `${name} (${agents.join(', ')})`).join(', ')
  return {
    what,
    state: 'warning',
    found: `${asked}: no process${daemon === undefined ? ' of the team' : ''} hosts ${missing.length === 1 ? 'it' : 'them'}`,
    advice:
      'Tasks of these agents do without. Start a process that offers the tool ("bailiwick env --role tool-host:<name> --tool <tool>"), or remove it from the agent.',
  }
}

async function statusOf(daemon: DaemonAddress): Promise<DaemonStatus> {
  const { requestRun } = await import('@bailiwick/bus')
  const { statusSchema } = await import('@bailiwick/coordinator/daemon-status')
  await using bus = await connectTo(daemon)
  return statusSchema.parse(await requestRun(bus, 'status', {}))
}

async function checkDaemon({ dataDir }: LoadedConfig): Promise<Finding> {
  const what = 'daemon'
  const daemon = findDaemon(dataDir)
  if (daemon === undefined) return { what, state: 'ok', found: 'not running; "bailiwick up" starts it' }
  const { isResponding, silentError } = await import('../daemon/ask-local.ts')
  if (daemon.local !== undefined && !(await isResponding(daemon))) return problem(what, silentError(daemon))
  return { what, state: 'ok', found: `process ${daemon.pid} at ${daemon.url}` }
}
