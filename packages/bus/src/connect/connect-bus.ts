import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { InputError, TOKEN } from '@bailiwick/contract'
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
import { inboxPrefix } from '../protocol/places.ts'
import type { Bus } from './bus.ts'
import { credsText, readCredentials } from './credentials.ts'
import { Exchanges } from './exchanges.ts'
import { FirstRecords } from './first-records.ts'
import { HeldTasks } from './held-tasks.ts'
import { Link } from './link.ts'
import { Outbox } from './outbox.ts'
import { renewAtRest } from './renew-credentials.ts'
import { Replies } from './replies.ts'

export interface ConnectOptions {
  /** `nats://host:port`, several with commas between. A user and a password may stand in it. */
  url: string
  /** Path of a `.creds` or nkey file. It is read again at every reconnect, so that renewing it is enough. */
  credsFile?: string
  /** The text of such a file, or what gives it: asked at every reconnect. */
  creds?: string | (() => string)
  /** What the server's monitoring shows; by convention the process's name. */
  name: string
  tls?: TlsOptions
  /** Milliseconds to keep trying for the first connection. Default 5,000. */
  waitMs?: number
  /**
   * Milliseconds for which credentials that were good may be refused before whoever waits for something hears of it.
   * Default 10,000: a daemon that is started again renews them within that. Infinity for a process that somebody
   * renews them for sooner or later.
   */
  refusedMs?: number
  signal?: AbortSignal
}

const ATTEMPT_MS = 2_000
const REFUSED_MS = 10_000

/**
 * Connects to the bus. Once connected it reconnects for ever, with jitter. Where the server has refused the
 * credentials for `refusedMs`, what waits on this connection (a follower of events, a request, a publish) fails with
 * `bus-auth`; with credentials that are renewed it can be used again.
 *
 * @throws BusError `bus-unreachable` when nobody answers within `waitMs`, `bus-auth` when the server
 * refuses the credentials; InputError for an unusable address or credentials file.
 * @example
 * await using bus = await connectBus({ url: 'nats://127.0.0.1:4222', name: 'dashboard' })
 */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  const { servers, user: urlUser, pass } = parseUrls(options.url)
  const { creds, credsFile } = options
  const text = await credsText(options)
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
    const why = text === undefined ? error.message : whyRefused(error, readCredentials(used).expires)
    const what = `NATS at ${where(options.url)} refuses these credentials: ${why}`
    return new BusError('bus-auth', what, { cause: error })
  }
  const connection = await connectFirst(
    {
      servers,
      name: options.name,
      ...(credentials !== undefined && { authenticator: credentials.authenticator(use) }),
      ...(urlUser !== undefined && { user: urlUser, pass: pass ?? '' }),
      ...(inbox !== undefined && { inboxPrefix: inbox }),
      ...(options.tls !== undefined && { tls: options.tls }),
      // Of one attempt; a server that refuses our certificate may say nothing at all.
      timeout: ATTEMPT_MS,
      maxReconnectAttempts: -1,
      // A renewed credentials file lets a refused reconnect succeed later.
      ignoreAuthErrorAbort: true,
      reconnectDelayHandler: () => 50 + Math.random() * 450,
      // A stack for every request costs as much as sending it; what failed is told by our own errors.
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
  )
  if (credentials?.expires !== undefined) {
    // Where it fails, the server ends the connection at their end, and that is told.
    renewAtRest(bus, { used: () => used, now }, bus.closed).catch(() => {})
  }
  return bus
}

async function assemble(
  connection: NatsConnection,
  link: Link,
  user: string | undefined,
  inbox: string | undefined,
): Promise<Bus> {
  // Without a watcher prefix, watchers listen on the default inbox, which is forbidden to most users.
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
    // A connection that is down has nothing to let finish, and would fail instead of ending.
    await (link.up ? connection.drain() : connection.close())
  }
  return {
    connection,
    js,
    jsm,
    user,
    link,
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
  const until = Date.now() + (options.waitMs ?? 5_000)
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted()
    try {
      return await connect(settings)
    } catch (error) {
      if (error instanceof AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
        throw refused(error)
      }
      if (Date.now() >= until) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new BusError(
          'bus-unreachable',
          `no NATS answers at ${where(options.url)} (${reason}): start one with \`bailiwick up\`, or correct NATS_URL`,
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
      throw new InputError(`"${part.slice(0, 80)}" is no address of a NATS server: wanted nats://host:port`)
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
 * Undefined while a file is gone, or half written: it is looked at again at the next attempt, where the client would
 * close the connection for good.
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

/** The server says of ended credentials only that they are refused. */
function whyRefused({ message }: Error, expires: number | undefined): string {
  if (expires === undefined || expires > Date.now()) return message
  return `they ended at ${new Date(expires).toISOString()}; \`bailiwick env\` gives new ones`
}

/** The address without what must not be shown. */
function where(url: string): string {
  return url.replaceAll(/\/\/[^@/,]*@/g, '//')
}
