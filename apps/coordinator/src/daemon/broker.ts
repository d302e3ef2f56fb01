import { existsSync, readFileSync } from 'node:fs'
import {
  accessFromEnv,
  type Bus,
  type BusAccess,
  connectBus,
  permissionsFor,
  type RoleGrant,
  tlsFromEnv,
  userName,
} from '@bailiwick/bus'
import { InputError } from '@bailiwick/contract'
import { type Refusals, readMinted, signerOf } from '@bailiwick/nats-server'
import { dataPaths, writePrivate } from '../config/data-dir.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { keepServer } from './keep-server.ts'

/** The NATS server that this daemon works with: its own, or somebody else's. */
export interface Broker {
  bus: Bus
  url: string
  /** Variables that name the files of its TLS, for the processes that connect to it. */
  tls: Record<string, string>
  /** Where it is this daemon's own. */
  server?(): { pid: number; version: string }
  /** What it refuses to its users, until aborted. Only of a server of this daemon's own: others do not tell. */
  refusals?(signal: AbortSignal): AsyncIterable<Refusals>
  /** Settles when its own server has died again and again. Connections outlive a single death. */
  readonly failed: Promise<Error>
  /**
   * Writes a credentials file for a process and returns its path; undefined where the server asks for none.
   *
   * @param options `replaces`: the file is one child's alone. Where its rights are other ones now, the old key is
   * revoked on this daemon's own server, also for whoever has a copy. What `env` gives out may be at work elsewhere
   */
  credentials(file: string, grant: RoleGrant, options?: { replaces?: boolean }): Promise<string | undefined>
  /** Ends the connection, and the server where it is this daemon's own. */
  close(): Promise<void>
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
  const { url, ...access } = foreignAccess(config, env)
  return url === undefined
    ? startOwn(config, options)
    : connectForeign(config, { url, ...access }, options.signal)
}

async function startOwn(
  config: LoadedConfig,
  options: { note(line: string): void; signal: AbortSignal },
): Promise<Broker> {
  const { dataDir } = config
  const kept = await keepServer(config, options)
  try {
    const mint = async (grant: RoleGrant) => {
      const user = { name: userName(grant), permissions: permissionsFor(grant) }
      return (await kept.server().credentials(user)).creds
    }
    const { url } = kept.server()
    const creds = await mint({ role: 'coordinator' })
    const bus = await connectBus({ url, creds, name: 'coordinator', signal: options.signal })
    return {
      bus,
      url,
      tls: {},
      server: () => ({ pid: kept.server().pid, version: kept.server().version }),
      refusals: kept.refusals,
      failed: kept.failed,
      async credentials(file, grant, { replaces = false } = {}) {
        const path = dataPaths.credentials(dataDir, file)
        const before = existsSync(path) ? await readMinted(readFileSync(path, 'utf8')) : undefined
        const creds = await mint(grant)
        writePrivate(path, creds)
        const isOther = before !== undefined && before.rights !== (await readMinted(creds))?.rights
        if (replaces && isOther) await kept.server().revoke(before.publicKey)
        return path
      },
      async close() {
        await letGo(bus)
        await kept.stop()
      },
    }
  } catch (error) {
    await kept.stop()
    throw error
  }
}

async function connectForeign(
  config: LoadedConfig,
  { url, credsFile, isPrepared, tls }: ForeignAccess & { url: string },
  signal: AbortSignal,
): Promise<Broker> {
  const prepared = (file: string) => {
    const path = dataPaths.credentials(config.dataDir, file)
    return existsSync(path) ? path : undefined
  }
  const bus = await connectBus({
    url,
    name: 'coordinator',
    ...(credsFile === undefined ? {} : { credsFile }),
    ...tlsFromEnv(tls),
    signal,
  })
  const mint = credsFile === undefined ? undefined : await signerOf(dataPaths.nats(config.dataDir), credsFile)
  return {
    bus,
    url,
    tls,
    failed: new Promise(() => {}), // It reconnects for ever.
    async credentials(file, grant) {
      if (mint !== undefined) {
        const path = dataPaths.credentials(config.dataDir, file)
        writePrivate(path, await mint({ name: userName(grant), permissions: permissionsFor(grant) }))
        return path
      }
      const own = prepared(file)
      if (own !== undefined || !isPrepared) return own ?? credsFile
      throw new InputError(
        `there are no credentials for ${file} in ${dataPaths.credentials(config.dataDir, '')}: give it a user of the server ("bailiwick nats-config" lists the team's)`,
      )
    },
    close: () => letGo(bus),
  }
}

interface ForeignAccess extends BusAccess {
  /** The credentials are those of `bailiwick nats-config`, which made some for every process. */
  isPrepared: boolean
}

/**
 * How a server that somebody else runs is reached: as the environment says, or the configuration, or what was
 * prepared. Without an address there is none.
 */
export function foreignAccess(config: LoadedConfig, env: NodeJS.ProcessEnv): ForeignAccess {
  const { url, credentials, ca, cert, key } = config.nats
  const configured = { NATS_URL: url, NATS_CREDS: credentials, NATS_CA: ca, NATS_CERT: cert, NATS_KEY: key }
  const access = accessFromEnv(env, configured)
  const prepared = dataPaths.credentials(config.dataDir, 'coordinator')
  const isPrepared = access.credsFile === undefined && existsSync(prepared)
  return isPrepared ? { ...access, credsFile: prepared, isPrepared } : { ...access, isPrepared }
}

/** Drains a connection that stands; one that is down has nobody to drain to, and would wait for ever. */
function letGo(bus: Bus): Promise<void> {
  return bus.link.up ? bus.drain() : bus.close()
}
