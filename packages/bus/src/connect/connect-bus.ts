import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText, InputError, TOKEN } from '@bailiwick/contract'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import {
  AuthorizationError,
  type ConnectionOptions,
  connect,
  errors,
  type NatsConnection,
  type TlsOptions,
} from '@nats-io/transport-node'
import { BusError } from '../errors/bus-error.ts'
import { COORDINATOR, inboxPrefix } from '../protocol/places.ts'
import type { Bus } from './bus.ts'
import { credentialsText, readCredentials } from './credentials.ts'
import { Exchanges } from './exchanges.ts'
import { FirstRecords } from './first-records.ts'
import { HeldTasks } from './held-tasks.ts'
import { Link } from './link.ts'
import { Outbox } from './outbox.ts'
import { renewCredentials } from './renew-credentials.ts'
import { Replies } from './replies.ts'
import { Waits } from './waits.ts'

/** Options of {@link connectBus}. */
export interface ConnectOptions {
  /** `nats://host:port`, or several separated by commas. May contain a user and a password. */
  url: string
  /** Path of a `.creds` or nkey file. It is read at every connect, so renewing the file is enough. */
  credsFile?: string
  /** The text of such a file, or a function that returns it and is called at every connect. */
  creds?: string | (() => string)
  /** Shown by the server's monitoring; by convention the name of the process. */
  name: string
  tls?: TlsOptions
  /**
   * Whether this process may read and write stored files directly; others ask the toolbox. Default: only the users
   * `toolbox` and `coordinator`. A server that asks for no credentials restricts nobody, so there everybody may.
   */
  storesFiles?: boolean
  /** How long to try for the first connection, milliseconds. Default 5,000. */
  waitMs?: number
  /**
   * How long the server may refuse credentials that it accepted before, until pending operations fail, milliseconds.
   * Default 10,000: a restarted daemon renews them within that time. Use Infinity for a process whose credentials
   * are renewed sooner or later.
   */
  refusedMs?: number
  signal?: AbortSignal
}

const ATTEMPT_MS = 2_000
const REFUSED_MS = 10_000

/**
 * Connects to the bus. Once connected, it reconnects without a limit, with jitter. If the server refuses the
 * credentials for `refusedMs`, pending operations of this connection (followers, requests, publishes) fail with
 * `bus-auth`. The connection is usable again when the credentials are renewed.
 *
 * @throws BusError `bus-unreachable` if no server replies within `waitMs`, `bus-auth` if the server refuses the
 * credentials; InputError for an invalid URL or credentials file
 * @example
 * await using bus = await connectBus({ url: 'nats://127.0.0.1:4222', name: 'dashboard' })
 */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  const { servers, user: urlUser, pass } = parseUrls(options.url)
  const { creds, credsFile } = options
  const text = await credentialsText(options)
  const credentials = text === undefined ? undefined : readCredentials(text)
  const user = credentials === undefined ? urlUser : credentials.user
  const inbox = user !== undefined && TOKEN.test(user) ? inboxPrefix(user) : undefined
  const read = () => {
    if (typeof creds === 'function') return creds()
    return credsFile === undefined ? (text ?? '') : readFileSync(credsFile, 'utf8')
  }
  let used = text ?? ''
  const now = () => usable(read) ?? used
  const use = () => {
    used = now()
    return used
  }
  const refused = (error: Error) => {
    const reason = text === undefined ? error.message : refusalReason(error, readCredentials(used).expires)
    const message = `NATS at ${withoutUser(options.url)} refuses these credentials: ${reason}`
    return new BusError('bus-auth', message, { cause: error })
  }
  const connection = await connectFirst(
    {
      servers,
      name: options.name,
      ...(credentials !== undefined && { authenticator: credentials.authenticator(use) }),
      ...(urlUser !== undefined && { user: urlUser, pass: pass ?? '' }),
      ...(inbox !== undefined && { inboxPrefix: inbox }),
      ...(options.tls !== undefined && { tls: options.tls }),
      // Per attempt. A server that refuses our certificate may not reply at all.
      timeout: ATTEMPT_MS,
      maxReconnectAttempts: -1,
      // A refused reconnect can succeed later, when the credentials file is renewed.
      ignoreAuthErrorAbort: true,
      reconnectDelayHandler: () => 50 + Math.random() * 450,
      // A stack trace for every request costs as much as sending it, and our own errors say what failed.
      noAsyncTraces: true,
      pingInterval: 5_000,
      maxPingOut: 2,
    },
    options,
    refused,
  )
  const bus = await assemble(
    connection,
    new Link(connection, refused, options.refusedMs ?? REFUSED_MS),
    user,
    inbox,
    options.storesFiles ?? (user === undefined || user === 'toolbox' || user === COORDINATOR),
  )
  if (credentials?.expires !== undefined) {
    // If it fails, the server closes the connection when the credentials expire, and listeners get that error.
    renewCredentials(bus, { used: () => used, now }, bus.closed).catch(() => {})
  }
  return bus
}

async function assemble(
  connection: NatsConnection,
  link: Link,
  user: string | undefined,
  inbox: string | undefined,
  storesFiles: boolean,
): Promise<Bus> {
  // Without this prefix, watchers subscribe to the default inbox, which most users may not.
  const jsOptions = { timeout: 5_000, ...(inbox !== undefined && { watcherPrefix: inbox }) }
  const js = jetstream(connection, jsOptions)
  const jsm = await jetstreamManager(connection, { ...jsOptions, checkAPI: false })
  const ended = new AbortController()
  connection.closed().then((error) => {
    ended.abort(new BusError('bus-unreachable', 'the connection to NATS is closed', { cause: error }))
  })
  const outbox = new Outbox(connection)
  const drain = async () => {
    outbox.send()
    if (connection.isClosed() || connection.isDraining()) return
    // Draining fails if the connection is down, or breaks meanwhile.
    if (link.up) await connection.drain().catch(() => {})
    await connection.close()
  }
  return {
    connection,
    js,
    jsm,
    user,
    storesFiles,
    link,
    waits: new Waits(),
    exchanges: new Exchanges(),
    outbox,
    replies: new Replies(connection, link, inbox),
    held: new HeldTasks(),
    firsts: { written: new FirstRecords(), given: new FirstRecords() },
    closed: ended.signal,
    drain,
    close: () => connection.close(),
    [Symbol.asyncDispose]: drain,
  }
}

async function connectFirst(
  settings: ConnectionOptions,
  options: ConnectOptions,
  refused: (error: Error) => BusError,
): Promise<NatsConnection> {
  const until = performance.now() + (options.waitMs ?? 5_000)
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted()
    try {
      return await connect(settings)
    } catch (error) {
      if (error instanceof AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
        throw refused(error)
      }
      if (performance.now() >= until) {
        throw new BusError(
          'bus-unreachable',
          `No NATS server replies at ${withoutUser(options.url)} (${errorText(error)}). Start one with \`bailiwick up\`, or correct NATS_URL.`,
          { cause: error },
        )
      }
      const pause = Math.min(50 * 2 ** attempt, 1_000) * (0.5 + Math.random() / 2)
      await sleep(pause, undefined, options.signal === undefined ? {} : { signal: options.signal })
    }
  }
}

function parseUrls(text: string): { servers: string[]; user?: string; pass?: string } {
  const servers: string[] = []
  let user: string | undefined
  let pass: string | undefined
  for (const part of text.split(',').map((item) => item.trim())) {
    const url = URL.parse(part.includes('://') ? part : `nats://${part}`)
    if (url === null || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') {
      throw new InputError(`Expected a NATS URL such as nats://host:port, found "${part.slice(0, 80)}".`)
    }
    if (url.username !== '') {
      user = decodeURIComponent(url.username)
      pass = decodeURIComponent(url.password)
    }
    servers.push(`${url.protocol}//${url.host}`)
  }
  return { servers, ...(user !== undefined && { user }), ...(pass !== undefined && { pass }) }
}

/**
 * The credentials' text; undefined while the file is missing or half written. The next attempt reads it again; an
 * error here would make the client close the connection for good.
 */
function usable(read: () => string): string | undefined {
  try {
    const text = read()
    readCredentials(text)
    return text
  } catch {
    return undefined
  }
}

/** Adds that the credentials expired: the server only says that it refuses them. */
function refusalReason({ message }: Error, expires: number | undefined): string {
  if (expires === undefined || expires > Date.now()) return message
  return `they expired at ${new Date(expires).toISOString()}. \`bailiwick env\` prints new ones`
}

/** The URL without user and password. */
function withoutUser(url: string): string {
  return url.replaceAll(/\/\/[^@/,]*@/g, '//')
}
