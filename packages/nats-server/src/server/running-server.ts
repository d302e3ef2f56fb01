import { mintUser, type UserCredentials, type UserRequest } from '../identity/credentials.ts'
import { type Identity, saveIdentity, withRevocation } from '../identity/identity.ts'
import { isUserPublicKey } from '../identity/key-pair.ts'
import { pushAccount } from '../identity/push-account.ts'
import { NatsServerError } from '../nats-server-error.ts'
import { followRefusals, type Refusals } from '../refusals/follow-refusals.ts'
import type { DataLayout } from '../store/data-layout.ts'
import type { ExclusiveLock } from '../store/exclusive-lock.ts'
import { followStoreFailures, type StoreFailure } from '../store/follow-store-failures.ts'
import type { ReadyServer } from './server-address.ts'
import type { ServerExit } from './server-process.ts'

/** A nats-server that this process is in charge of. Disposing it stops the server. */
export interface RunningNatsServer extends AsyncDisposable {
  /** Such as `nats://127.0.0.1:4222`. */
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly version: string
  /** Whether the server was already running and was taken over. */
  readonly adopted: boolean
  /** Public key of the tenant account, which has JetStream and all users except `system`. */
  readonly account: string
  /** Mints a user of the tenant account in about a millisecond, without asking the server. */
  credentials(user: UserRequest): Promise<UserCredentials>
  /** Mints a user of the system account, which sees the `$SYS` events of all accounts. Never give it to an agent. */
  systemCredentials(): Promise<UserCredentials>
  /**
   * Closes the user's connections at once and refuses its key from now on, also after a restart of the server.
   *
   * @param expires when the user's latest credentials expire, in seconds since 1970; the revocation is dropped
   * then. Without it, the revocation is kept for ever
   * @throws NatsServerError `bad-argument` if this is not a user's public key; `not-running` if the server does
   * not answer, but then the revocation is saved and takes effect at the next start
   */
  revoke(publicKey: string, expires?: number): Promise<void>
  /**
   * Reports what the server refuses from now on: publishing, subscribing, connecting, too large messages. Ends
   * when the signal is aborted or the server exits.
   */
  refusals(signal: AbortSignal): AsyncIterable<Refusals>
  /**
   * Reports each time that the server could not write to its store, from now on, at most four times a second. It
   * refuses further messages of that stream until it is restarted, even if the disk has room again. Ends when the signal
   * is aborted or the server exits.
   */
  storeFailures(signal: AbortSignal): AsyncIterable<StoreFailure>
  /** Stops the server, and kills it after `graceMs` (default 5,000). The port is remembered. */
  stop(options?: { graceMs?: number }): Promise<void>
  /** Gives up charge and leaves the server running; the next `startNatsServer` adopts it. */
  release(): Promise<void>
  /** Resolves when the server has exited for any reason. The data directory is unlocked by then. */
  readonly exited: Promise<ServerExit>
}

export interface RunningParts extends ReadyServer {
  readonly adopted: boolean
  readonly host: string
  readonly identity: Identity
  readonly layout: DataLayout
  readonly lock: ExclusiveLock
}

const GRACE_MS = 5_000

export async function runningServer(parts: RunningParts): Promise<RunningNatsServer> {
  const { process: child, host, port, version, layout, lock } = parts
  const url = `nats://${host}:${port}`
  let identity = parts.identity
  let isReleased = false
  const hasExited = new AbortController()
  let revoking: Promise<void> = Promise.resolve()

  const exited = child.exited.then(async (exit) => {
    hasExited.abort()
    if (!isReleased) await lock.release()
    return exit
  })
  // A caller that awaits it still gets the error; nobody has to await it.
  exited.catch(() => {})

  // The previous process may have saved revocations that it could no longer send to the server.
  if (parts.adopted && Object.keys(identity.revocations).length > 0) await pushAccount(url, identity)

  const revoke = async (publicKey: string, expires: number | undefined) => {
    const now = Math.floor(Date.now() / 1000)
    identity = await withRevocation(identity, publicKey, { at: now, ...(expires && { expires }) })
    await saveIdentity(layout.keys, identity)
    await pushAccount(url, identity)
  }

  const stop = async ({ graceMs = GRACE_MS }: { graceMs?: number } = {}) => {
    if (isReleased) return
    await child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    await exited.finally(() => clearTimeout(timer))
  }

  return {
    url,
    port,
    pid: child.pid,
    version,
    adopted: parts.adopted,
    account: identity.account.getPublicKey(),
    exited,
    credentials: (user) => mintUser(identity.account, user),
    systemCredentials: () => mintUser(identity.system, { name: 'system' }),
    async revoke(publicKey, expires) {
      if (!isUserPublicKey(publicKey)) {
        throw new NatsServerError(
          'bad-argument',
          `Expected a user's public key (U…) to revoke, found "${publicKey}".`,
        )
      }
      // One at a time: each account JWT replaces the previous one.
      const done = revoking.then(() => revoke(publicKey, expires))
      revoking = done.catch(() => {})
      return done
    },
    refusals: (signal) =>
      followRefusals(
        { url, pid: child.pid, log: layout.log, identity },
        AbortSignal.any([signal, hasExited.signal]),
      ),
    storeFailures: (signal) =>
      followStoreFailures({ pid: child.pid, log: layout.log }, AbortSignal.any([signal, hasExited.signal])),
    stop,
    async release() {
      if (isReleased) return
      isReleased = true
      child.unref()
      await lock.release()
    },
    [Symbol.asyncDispose]: () => stop(),
  }
}
