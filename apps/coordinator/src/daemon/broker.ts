import { existsSync } from 'node:fs'
import { type Bus, connectBus, permissionsFor, type RoleGrant, userName } from '@bailiwick/bus'
import { startNatsServer } from '@bailiwick/nats-server'
import { dataPaths, writePrivate } from '../config/data-dir.ts'
import type { LoadedConfig } from '../config/load-config.ts'

/** The NATS server that this daemon works with: its own, or somebody else's. */
export interface Broker {
  bus: Bus
  url: string
  /** Where it is this daemon's own. */
  server?: { pid: number; version: string; adopted: boolean; exited: Promise<unknown> }
  /** Writes a credentials file for a process and returns its path; undefined where the server asks for none. */
  credentials(file: string, grant: RoleGrant): Promise<string | undefined>
  /** Ends the connection, and the server where it is this daemon's own and is not to be left running. */
  close(how: 'stop' | 'leave'): Promise<void>
}

/**
 * Connects to the configured server (`NATS_URL`, or `nats.url`), or starts one of our own on the data
 * directory, with a credential of its own for every process.
 */
export async function openBroker(
  config: LoadedConfig,
  env: NodeJS.ProcessEnv,
  options: { note(line: string): void; signal: AbortSignal },
): Promise<Broker> {
  const url = env.NATS_URL || config.nats.url
  return url === undefined ? startOwn(config, env, options) : connectForeign(config, env, url, options.signal)
}

async function startOwn(
  config: LoadedConfig,
  env: NodeJS.ProcessEnv,
  { note, signal }: { note(line: string): void; signal: AbortSignal },
): Promise<Broker> {
  const { dataDir, nats } = config
  const server = await startNatsServer({
    dataDir: dataPaths.nats(dataDir),
    ...(nats.port === undefined ? {} : { port: nats.port }),
    onProgress: note,
    signal,
  })
  try {
    const mint = async (grant: RoleGrant) =>
      (await server.credentials({ name: userName(grant), permissions: permissionsFor(grant) })).creds
    const bus = await connectBus({
      url: server.url,
      creds: await mint({ role: 'coordinator' }),
      name: 'coordinator',
      signal,
    })
    const { pid, version, adopted, exited } = server
    return {
      bus,
      url: server.url,
      server: { pid, version, adopted, exited },
      async credentials(file, grant) {
        const path = dataPaths.credentials(dataDir, file)
        writePrivate(path, await mint(grant))
        return path
      },
      async close(how) {
        await bus.drain()
        await (how === 'stop' ? server.stop() : server.release())
      },
    }
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function connectForeign(
  config: LoadedConfig,
  env: NodeJS.ProcessEnv,
  url: string,
  signal: AbortSignal,
): Promise<Broker> {
  const credsFile = env.NATS_CREDS || config.nats.credentials
  const bus = await connectBus({
    url,
    name: 'coordinator',
    ...(credsFile === undefined ? {} : { credsFile }),
    signal,
  })
  return {
    bus,
    url,
    async credentials(file) {
      // Somebody else's server: what its operator prepared for a role, or what we were given ourselves.
      const prepared = dataPaths.credentials(config.dataDir, file)
      return existsSync(prepared) ? prepared : credsFile
    },
    close: () => bus.drain(),
  }
}
