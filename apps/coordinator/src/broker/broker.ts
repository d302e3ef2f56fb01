import { existsSync } from 'node:fs'
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
import { findMint, type Refusals, type UserCredentials, type UserRequest } from '@bailiwick/nats-server'
import { dataPaths, writePrivate } from '../config/data-dir.ts'
import type { LoadedConfig } from '../config/load-config.ts'
import { type KeptCredentials, keepCredentials } from './keep-credentials.ts'
import { keepServer } from './keep-server.ts'

/** It renews its own credentials, or waits for whoever runs the server. */
const COORDINATOR = { name: 'coordinator', refusedMs: Number.POSITIVE_INFINITY } as const

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
   * The credentials file of one of this daemon's processes, renewed for as long as the daemon lives; undefined where
   * the server asks for none.
   */
  ownCredentials(file: string, grant: RoleGrant): Promise<string | undefined>
  /**
   * A credentials file to be used elsewhere, which nothing here can renew; undefined where the server asks for none.
   *
   * @param expiresInSeconds when they end. Absent: never
   * @throws InputError where users stand in the server's configuration, and have no end
   */
  issueCredentials(file: string, grant: RoleGrant, expiresInSeconds?: number): Promise<string | undefined>
  /** Ends a user at once, by its public key. Only of a server of this daemon's own. */
  withdraw?(publicKey: string): Promise<void>
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
  return url === undefined ? startOwn(config, options) : connectForeign(config, { url, ...access }, options)
}

async function startOwn(
  config: LoadedConfig,
  options: { note(line: string): void; signal: AbortSignal },
): Promise<Broker> {
  const kept = await keepServer(config, options)
  const ended = new AbortController()
  try {
    const mint: Mint = (user) => kept.server().credentials(user)
    const { url } = kept.server()
    const credentials = keepCredentials({
      mint,
      revoke: (publicKey, expires) => kept.server().revoke(publicKey, expires),
      lifeMs: config.nats.credentialsLifeMs,
      note: options.note,
      signal: ended.signal,
    })
    const creds = await credentials.inMemory({ role: 'coordinator' })
    const bus = await connectBus({ url, creds, ...COORDINATOR, signal: options.signal })
    return {
      bus,
      url,
      tls: {},
      server: () => ({ pid: kept.server().pid, version: kept.server().version }),
      refusals: kept.refusals,
      failed: kept.failed,
      ...credentialFiles(config, credentials, mint),
      withdraw: credentials.withdraw,
      async close() {
        await bus.drain()
        ended.abort()
        await kept.stop()
      },
    }
  } catch (error) {
    ended.abort()
    await kept.stop()
    throw error
  }
}

async function connectForeign(
  config: LoadedConfig,
  { url, credsFile, isPrepared, tls }: ForeignAccess & { url: string },
  { note, signal }: { note(line: string): void; signal: AbortSignal },
): Promise<Broker> {
  const prepared = (file: string) => {
    const path = dataPaths.credentials(config.dataDir, file)
    return existsSync(path) ? path : undefined
  }
  const bus = await connectBus({
    url,
    ...COORDINATOR,
    ...(credsFile !== undefined && { credsFile }),
    ...tlsFromEnv(tls),
    signal,
  })
  const mint = credsFile === undefined ? undefined : await findMint(dataPaths.nats(config.dataDir), credsFile)
  const ended = new AbortController()
  const broker = {
    bus,
    url,
    tls,
    failed: new Promise<Error>(() => {}), // It reconnects for ever.
    async close() {
      ended.abort()
      await bus.drain()
    },
  }
  if (mint !== undefined) {
    const lifeMs = config.nats.credentialsLifeMs
    const credentials = keepCredentials({ mint, lifeMs, note, signal: ended.signal })
    return { ...broker, ...credentialFiles(config, credentials, mint) }
  }
  const given = async (file: string) => {
    const own = prepared(file)
    if (own !== undefined || !isPrepared) return own ?? credsFile
    throw new InputError(
      `there are no credentials for ${file} in ${dataPaths.credentials(config.dataDir, '')}: give it a user of the server ("bailiwick nats-config" lists the team's)`,
    )
  }
  return {
    ...broker,
    ownCredentials: given,
    async issueCredentials(file, _grant, expiresInSeconds) {
      if (expiresInSeconds === undefined) return given(file)
      throw new InputError(
        'these credentials cannot be given an end: the users of this server stand in its configuration, and hold until they are removed there',
      )
    },
  }
}

type Mint = (user: UserRequest) => Promise<UserCredentials>

/** Where this daemon signs: files in its data directory. */
function credentialFiles(
  { dataDir }: LoadedConfig,
  kept: KeptCredentials,
  mint: Mint,
): Pick<Broker, 'ownCredentials' | 'issueCredentials'> {
  return {
    async ownCredentials(file, grant) {
      const path = dataPaths.credentials(dataDir, file)
      await kept.inFile(path, grant)
      return path
    },
    async issueCredentials(file, grant, expiresInSeconds) {
      // Apart from those of this daemon's processes, which are replaced when they are renewed.
      const path = dataPaths.credentials(dataDir, `env-${file}`)
      const user = { name: userName(grant), permissions: permissionsFor(grant) }
      const { creds } = await mint({ ...user, ...(expiresInSeconds !== undefined && { expiresInSeconds }) })
      writePrivate(path, creds)
      return path
    },
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
