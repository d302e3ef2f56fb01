import type { Bus } from '@bailiwick/bus'
import { type DaemonAddress, findDaemon } from '../../config/daemon-address.ts'
import type { LoadedConfig } from '../../config/load-config.ts'
import { CodedError } from '../frame/coded-error.ts'
import type { CommandContext } from '../frame/command.ts'

/** The configuration as this command line names it. */
export async function readConfig({ options, cwd }: CommandContext): Promise<LoadedConfig> {
  const { loadConfig } = await import('../../config/load-config.ts')
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
    ...(credentials === undefined ? {} : { credsFile: credentials }),
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
  const address = findDaemon(config.dataDir) ?? addressFromEnv(context.env)
  if (address === undefined) {
    throw new CodedError('no-daemon', `no daemon runs on ${config.dataDir}: start one with "bailiwick up"`)
  }
  const bus = await connectTo(address)
  try {
    return await act(bus, address)
  } finally {
    await bus.close()
  }
}

/** A daemon on another machine is reached by what `bailiwick env` printed there. */
export function addressFromEnv(env: NodeJS.ProcessEnv): DaemonAddress | undefined {
  const { NATS_URL: url, NATS_CREDS: credentials, NATS_CA, NATS_CERT, NATS_KEY } = env
  if (url === undefined || url === '') return undefined
  return {
    v: 1,
    pid: 0,
    mark: '',
    url,
    ...(credentials === undefined ? {} : { credentials }),
    tls: Object.fromEntries(
      Object.entries({ NATS_CA, NATS_CERT, NATS_KEY }).flatMap(([name, path]) =>
        path ? [[name, path]] : [],
      ),
    ),
    ephemeral: false,
    startedAt: 0,
    version: '',
  }
}
