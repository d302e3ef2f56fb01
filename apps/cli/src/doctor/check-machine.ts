import type { BusAccess } from '@bailiwick/bus'
import { findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import type { LoadedConfig } from '@bailiwick/coordinator/config/load-config'
import type { CommandContext } from '../command/define-command.ts'
import { readConfig } from '../daemon/use-daemon.ts'
import { checkDataDir } from './check-data-dir.ts'

/** One thing that was looked at. */
export interface Finding {
  what: string
  state: 'ok' | 'warning' | 'problem'
  found: string
  /** What to do. */
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
  const look = ([what, check]: (typeof checks)[number]) =>
    check().catch((error: unknown) => problem(what, error))
  // By itself: what the others load and start would use up the time in which it has to answer.
  const server = await look(['nats-server', () => checkServer(config, context.env)])
  const others = await Promise.all(checks.map(look))
  return [checkNode(), checkConfig(config), checkDataDir(config.dataDir), server, ...others]
}

function isConfig(value: unknown): value is LoadedConfig {
  return !(value instanceof Error)
}

function problem(what: string, error: unknown): Finding {
  const [first = '', ...rest] = (error instanceof Error ? error.message : String(error)).split('\n')
  return { what, state: 'problem', found: first, ...(rest.length === 0 ? {} : { advice: rest.join('\n') }) }
}

function checkNode(): Finding {
  const [major = 0] = process.versions.node.split('.').map(Number)
  const found = `${process.version} on ${process.platform} ${process.arch}`
  return major >= 24
    ? { what: 'node', state: 'ok', found }
    : { what: 'node', state: 'problem', found, advice: 'Node 24 or newer is needed: https://nodejs.org' }
}

function checkConfig({ file }: LoadedConfig): Finding {
  return { what: 'configuration', state: 'ok', found: file ?? 'defaults (no bailiwick.config.ts)' }
}

async function checkServer(config: LoadedConfig, env: NodeJS.ProcessEnv): Promise<Finding> {
  const what = 'nats-server'
  const { existingServerAccess } = await import('@bailiwick/coordinator/broker/broker')
  const { url, ...access } = existingServerAccess(config, env)
  if (url !== undefined) return checkForeign({ url, ...access })
  const { findNatsServer } = await import('@bailiwick/nats-server')
  const binary = await findNatsServer({ env })
  if (binary === undefined) {
    return {
      what,
      state: 'warning',
      found: 'none on this machine',
      advice: 'it is fetched when a daemon first starts',
    }
  }
  const found = `${binary.version} at ${binary.path}`
  return binary.warning === undefined
    ? { what, state: 'ok', found }
    : { what, state: 'warning', found, advice: binary.warning }
}

/** A server that somebody else runs: reached as the daemon will reach it. */
async function checkForeign({ url, credsFile, tls }: BusAccess & { url: string }): Promise<Finding> {
  const { checkServer: check, tlsFromEnv } = await import('@bailiwick/bus')
  const { version, problems } = await check({
    url,
    name: 'doctor',
    ...(credsFile !== undefined && { credsFile }),
    ...tlsFromEnv(tls),
  })
  const what = 'nats-server'
  const found = `${version} at ${url.replaceAll(/\/\/[^@/,]*@/g, '//')}, not started here`
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
  const advice = notes.length === 0 ? {} : { advice: notes.join('\n') }
  return { what, state: 'warning', found: `${isolation}: isolate and guarded process`, ...advice }
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
    daemon === undefined ? 'none runs; "bailiwick up" starts one' : `process ${daemon.pid} at ${daemon.url}`
  return { what: 'daemon', state: 'ok', found }
}
