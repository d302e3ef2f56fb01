import type { Bus } from '@bailiwick/bus'
import { type DaemonAddress, findDaemon } from '@bailiwick/coordinator/config/daemon-address'
import type { LoadedConfig } from '@bailiwick/coordinator/config/load-config'
import { CodedError } from '../frame/coded-error.ts'
import type { CommandContext } from '../frame/command.ts'

/** The configuration as this command line names it. */
export async function readConfig({ options, cwd }: CommandContext): Promise<LoadedConfig> {
  const { loadConfig } = await import('@bailiwick/coordinator/config/load-config')
  const file = typeof options.config === 'string' ? options.config : undefined
  return loadConfig({ cwd, file })
}

/** Connects to a daemon as a user of this machine. */
export async function connectTo(address: DaemonAddress): Promise<Bus> {
  const { connectBus, tlsFromEnv } = await import('@bailiwick/bus')
  const { url, credentials, tls } = address
  return connectBus({
    url,
    name: 'bailiwick-command',
    ...(credentials !== undefined && { credsFile: credentials }),
    ...tlsFromEnv(tls),
  })
}

/**
 * Does something with the daemon of this folder.
 *
 * @throws CodedError `no-daemon` where none runs
 */
export async function withDaemon<T>(
  context: CommandContext,
  act: (bus: Bus, address: DaemonAddress) => Promise<T>,
): Promise<T> {
  const config = await readConfig(context)
  const address = findDaemon(config.dataDir) ?? (await addressFromEnv(context.env))
  if (address === undefined) {
    throw new CodedError('no-daemon', `no daemon runs on ${config.dataDir}: start one with "bailiwick up"`)
  }
  const bus = await connectTo(address)
  // It is an error after a while; until then whoever watches would take the silence for a quiet daemon.
  bus.link.onRefused(({ message }) => context.note(`${message}. It is tried again`))
  try {
    return await act(bus, address)
  } finally {
    await bus.close()
  }
}

/** A daemon on another machine is reached by what `bailiwick env` printed there. */
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
