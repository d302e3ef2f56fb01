import type { Bus } from '@bailiwick/bus'
import { BailiwickError, hasCode } from '@bailiwick/contract'
import { type DaemonAddress, findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import type { LoadedConfig } from '@bailiwick/coordinator/config/load-config'
import type { CommandContext } from '../command/define-command.ts'

/** Codes of errors that a daemon which does not respond causes. */
const SILENCES = ['no-reply', 'no-responder', 'bus-unreachable']

/** Loads the configuration that `--config` names, or the nearest one. */
export async function readConfig({ config, cwd }: CommandContext): Promise<LoadedConfig> {
  const { loadConfig } = await import('@bailiwick/coordinator/config/load-config')
  return loadConfig({ cwd, file: config })
}

/** Connects to a daemon as a user of this machine. */
export async function connectTo(address: DaemonAddress): Promise<Bus> {
  const { connectBus, tlsFromEnv } = await import('@bailiwick/bus')
  const { url, credentials, tls } = address
  try {
    return await connectBus({
      url,
      name: 'bailiwick-command',
      ...(credentials !== undefined && { credsFile: credentials }),
      ...tlsFromEnv(tls),
    })
  } catch (error) {
    throw await explainSilence(error, address)
  }
}

/**
 * Finds the daemon that runs on a data directory.
 *
 * @throws BailiwickError `no-daemon` if none is running
 */
export function requireDaemon(dataDir: string): DaemonAddress {
  const address = findDaemon(dataDir)
  if (address !== undefined) return address
  throw new BailiwickError(
    'no-daemon',
    `Expected a running daemon on ${dataDir}, found none. Start one with "bailiwick up".`,
  )
}

/**
 * Connects to the daemon of the configuration, or of `NATS_URL`, and disconnects after `act`.
 *
 * @throws BailiwickError `no-daemon` if there is none
 */
export async function withDaemon<T>(
  context: CommandContext,
  act: (bus: Bus, address: DaemonAddress) => Promise<T>,
): Promise<T> {
  const config = await readConfig(context)
  const address =
    findDaemon(config.dataDir) ?? (await addressFromEnv(context.env)) ?? requireDaemon(config.dataDir)
  const bus = await connectTo(address)
  // Reconnecting fails only after a while. Without this note a watcher would take the silence for a quiet daemon.
  bus.link.onRefused(({ message }) => context.note(`${message}. Retrying.`))
  bus.waits.onWait(context.note)
  try {
    return await act(bus, address)
  } catch (error) {
    throw await explainSilence(error, address)
  } finally {
    await bus.close()
  }
}

/** Replaces the error of a request without a reply if the daemon runs on this machine but does not respond. */
export async function explainSilence(error: unknown, address: DaemonAddress): Promise<unknown> {
  if (address.local === undefined || !SILENCES.some((code) => hasCode(error, code))) return error
  const { isResponding, silentError } = await import('./ask-local.ts')
  const responds = await isResponding(address).catch(() => true) // It has ended meanwhile.
  return responds ? error : silentError(address)
}

/** Reads the address of a daemon on another machine from the variables that `bailiwick env` printed there. */
export async function addressFromEnv(env: NodeJS.ProcessEnv): Promise<DaemonAddress | undefined> {
  if (!env.NATS_URL) return undefined
  const { accessFromEnv } = await import('@bailiwick/bus')
  const { url = env.NATS_URL, credsFile, tls } = accessFromEnv(env)
  return {
    v: 1,
    pid: 0,
    startTime: '',
    url,
    ...(credsFile !== undefined && { credentials: credsFile }),
    tls,
    ephemeral: false,
    startedAt: 0,
    version: '',
  }
}
