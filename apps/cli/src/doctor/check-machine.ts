import type { BusAccess } from '@bailiwick/bus'
import { errorText } from '@bailiwick/contract'
import { findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import type { LoadedConfig } from '@bailiwick/coordinator/config/load-config'
import type { CommandContext } from '../command/define-command.ts'
import { readConfig } from '../daemon/use-daemon.ts'
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
  const checks: [string, () => Promise<Finding>][] = [
    ['model', () => checkModel(config, context)],
    ['isolation', () => checkIsolation(context)],
    ['team', () => checkTeam(config, context.signal)],
    ['daemon', async () => checkDaemon(config)],
  ]
  const run = ([what, check]: (typeof checks)[number]) =>
    check().catch((error: unknown) => problem(what, error))
  // Check the server alone: while the other checks load and start things, it could miss its time limit.
  const server = await run(['nats-server', () => checkServer(config, context.env)])
  const others = await Promise.all(checks.map(run))
  return [checkNode(), checkConfig(config), checkDataDir(config.dataDir), server, ...others]
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

async function checkTeam(config: LoadedConfig, signal: AbortSignal): Promise<Finding> {
  const { loadTeam } = await import('@bailiwick/coordinator/team/load-team')
  const { checkCeilings } = await import('@bailiwick/coordinator/team/check-ceilings')
  const team = await loadTeam(config, signal)
  const found = team
    .map(({ card, member }) => `${card.name} (level ${member.level ?? card.level})`)
    .join(', ')
  const over = checkCeilings(team, config.beyondCeiling)
  return over.length === 0
    ? { what: 'team', state: 'ok', found }
    : { what: 'team', state: 'warning', found, advice: over.join('\n') }
}

function checkDaemon({ dataDir }: LoadedConfig): Finding {
  const daemon = findDaemon(dataDir)
  const found =
    daemon === undefined ? 'not running; "bailiwick up" starts it' : `process ${daemon.pid} at ${daemon.url}`
  return { what: 'daemon', state: 'ok', found }
}
