import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
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
import { keepServer, type ServerReport } from './keep-server.ts'

/** The coordinator never gives up: it renews its own credentials, or waits until the server's operator does. */
const COORDINATOR = { name: 'coordinator', refusedMs: Number.POSITIVE_INFINITY, storesFiles: true } as const

/** The NATS server that the daemon uses: its own, or an existing one. */
export interface Broker {
  bus: Bus
  url: string
  /** Environment variables that name the files of its TLS, for the processes that connect to it. */
  tls: Record<string, string>
  /** Only for the daemon's own server. */
  server?(): ServerReport
  /** What the server refuses to its users, until `signal` aborts. Only for the daemon's own server. */
  refusals?(signal: AbortSignal): AsyncIterable<Refusals>
  /**
   * Writes a credentials file for one of the daemon's processes and renews it while the daemon runs. Returns its path;
   * undefined if the server requires none.
   */
  ownCredentials(file: string, grant: RoleGrant): Promise<string | undefined>
  /**
   * Writes a credentials file for a process that the daemon does not run. They are not renewed automatically. Returns
   * its path; undefined if the server requires none.
   *
   * @param expiresInSeconds default: never
   * @throws InputError if the server's users are in its configuration, where they cannot expire
   */
  issueCredentials(file: string, grant: RoleGrant, expiresInSeconds?: number): Promise<string | undefined>
  /** Revokes a user's credentials by its public key. Only for the daemon's own server. */
  revoke?(publicKey: string): Promise<void>
  /** Closes the connection, and stops the daemon's own server. */
  close(): Promise<void>
}

/**
 * Connects to the configured server (`NATS_URL` or `nats.url`). Without one, starts a server on the data directory with
 * separate credentials for each process.
 */
export async function openBroker(
  config: LoadedConfig,
  env: NodeJS.ProcessEnv,
  options: { note(line: string): void; signal: AbortSignal },
): Promise<Broker> {
  const { url, ofRole, ...access } = existingServerAccess(config, env)
  if (ofRole) {
    const server = url === undefined ? 'its own server' : url
    options.note(
      `NATS_CREDS and NATS_URL are what "bailiwick env" printed for a role. The daemon does not use them: it uses ${server}.`,
    )
  }
  return url === undefined ? startOwn(config, options) : connectExisting(config, { url, ...access }, options)
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
      dataDir: config.dataDir,
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
      server: kept.report,
      refusals: kept.refusals,
      ...credentialFiles(config, credentials, mint),
      revoke: credentials.revoke,
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

async function connectExisting(
  config: LoadedConfig,
  { url, credsFile, isPrepared, tls }: Omit<ExistingServerAccess, 'ofRole'> & { url: string },
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
    async close() {
      ended.abort()
      await bus.drain()
    },
  }
  if (mint !== undefined) {
    const lifeMs = config.nats.credentialsLifeMs
    const credentials = keepCredentials({
      dataDir: config.dataDir,
      mint,
      lifeMs,
      note,
      signal: ended.signal,
    })
    return { ...broker, ...credentialFiles(config, credentials, mint) }
  }
  const given = async (file: string) => {
    const own = prepared(file)
    if (own !== undefined || !isPrepared) return own ?? credsFile
    throw new InputError(
      `Expected credentials for ${file} in ${dataPaths.credentials(config.dataDir, '')}, found none. Add a user to the server; "bailiwick nats-config" lists the team's users.`,
    )
  }
  return {
    ...broker,
    ownCredentials: given,
    async issueCredentials(file, _grant, expiresInSeconds) {
      if (expiresInSeconds === undefined) return given(file)
      throw new InputError(
        "These credentials cannot expire, because the server's users are in its configuration. Remove the user there instead.",
      )
    },
  }
}

type Mint = (user: UserRequest) => Promise<UserCredentials>

/** Credentials files in the data directory, for a server whose signing key the daemon has. */
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
      // A separate file: those of the daemon's processes are replaced when they are renewed.
      const path = dataPaths.credentials(dataDir, `env-${file}`)
      const user = { name: userName(grant), permissions: permissionsFor(grant) }
      const { creds } = await mint({ ...user, ...(expiresInSeconds !== undefined && { expiresInSeconds }) })
      writePrivate(path, creds)
      return path
    },
  }
}

interface ExistingServerAccess extends BusAccess {
  /** True for the credentials that `bailiwick nats-config` wrote, one file for each process. */
  isPrepared: boolean
  /** True if the environment has what `bailiwick env` printed for a role. It is not for the daemon, and not used. */
  ofRole: boolean
}

/** Whether these are the credentials of a role, which the daemon has issued: a shell may still have them. */
function isRoleFile(dataDir: string, credentials: string | undefined): boolean {
  if (credentials === undefined || credentials === '') return false
  const file = resolve(credentials)
  const own = dataPaths.credentials(dataDir, 'coordinator')
  return dirname(file) === dirname(own) && file !== own
}

/**
 * How to reach an existing server, from the environment, the configuration, or the files of `bailiwick nats-config`.
 * Without a URL, none is configured.
 */
export function existingServerAccess(config: LoadedConfig, env: NodeJS.ProcessEnv): ExistingServerAccess {
  const { url, credentials, ca, cert, key } = config.nats
  const configured = { NATS_URL: url, NATS_CREDS: credentials, NATS_CA: ca, NATS_CERT: cert, NATS_KEY: key }
  const ofRole = isRoleFile(config.dataDir, env.NATS_CREDS)
  const access = accessFromEnv(ofRole ? {} : env, configured)
  const prepared = dataPaths.credentials(config.dataDir, 'coordinator')
  const isPrepared = access.credsFile === undefined && existsSync(prepared)
  if (!isPrepared) return { ...access, isPrepared, ofRole }
  return { ...accessFromEnv({ ...env, NATS_CREDS: prepared }, configured), isPrepared, ofRole }
}
