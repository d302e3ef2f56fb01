import type { UserCredentials, UserRequest } from '../identity/credentials.ts'
import { mintUser } from '../identity/credentials.ts'
import { type Identity, saveIdentity, withRevocation } from '../identity/identity.ts'
import { isUserPublicKey } from '../identity/key-text.ts'
import { pushAccount } from '../identity/push-account.ts'
import { NatsServerError } from '../nats-server-error.ts'
import { followRefusals, type Refusals } from '../refusals/follow-refusals.ts'
import type { DataLayout } from '../store/data-layout.ts'
import type { ExclusiveLock } from '../store/exclusive-lock.ts'
import type { ReadyServer } from './server-address.ts'
import type { ServerExit } from './server-process.ts'

/** A nats-server in this process's charge. Disposing it stops it. */
export interface RunningNatsServer extends AsyncDisposable {
  /** Such as `nats://127.0.0.1:4222`. */
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly version: string
  /** Whether it ran already and was taken over. */
  readonly adopted: boolean
  /** Public key of the one tenant account, which has JetStream. */
  readonly account: string
  /** A new user of the tenant account. Takes about a millisecond; the server is not involved. */
  credentials(user: UserRequest): Promise<UserCredentials>
  /** A new user of the system account, who sees `$SYS` events of all accounts. Not for agents. */
  systemCredentials(): Promise<UserCredentials>
  /**
   * Ends a user for good: connections are closed at once and the key is refused from now on, also after
   * the server was started again.
   *
   * @param expires when the user's latest credentials end by themselves (seconds since 1970): the revocation is
   * forgotten then. Nothing given: it is kept for good
   * @throws NatsServerError `not-running` where the server cannot be told; it is remembered all the same and
   * holds from the next start on
   */
  revoke(publicKey: string, expires?: number): Promise<void>
  /**
   * What the server refuses from now on: publishing, subscribing, connecting, too much at once. Ends when
   * aborted, or with the server.
   */
  refusals(signal: AbortSignal): AsyncIterable<Refusals>
  /** Ends the server: asks, and kills after `graceMs` (default 5 s). The port is remembered. */
  stop(options?: { graceMs?: number }): Promise<void>
  /** Gives up charge and leaves the server running, for the next `startNatsServer` to adopt. */
  release(): Promise<void>
  /** Settles when the server has ended, whoever ended it. The data directory is free again by then. */
  readonly exited: Promise<ServerExit>
}

export interface RunningParts extends ReadyServer {
  readonly adopted: boolean
  readonly host: string
  readonly identity: Identity
  readonly layout: DataLayout
  readonly lock: ExclusiveLock
}

export async function runningServer(parts: RunningParts): Promise<RunningNatsServer> {
  const { process: child, host, port, version, layout, lock } = parts
  const url = `nats://${host}:${port}`
  let identity = parts.identity
  let charge: 'held' | 'released' = 'held'
  const gone = new AbortController()
  let revoking: Promise<void> = Promise.resolve()

  const exited = child.exited.then(async (exit) => {
    gone.abort()
    if (charge === 'held') await lock.release()
    return exit
  })
  // Whoever awaits it is told; nobody has to.
  exited.catch(() => {})

  // What the one before us saved but could not tell the server any more.
  if (parts.adopted && Object.keys(identity.revocations).length > 0) await pushAccount(url, identity)

  const revoke = async (publicKey: string, expires: number | undefined) => {
    const now = Math.floor(Date.now() / 1000)
    identity = await withRevocation(identity, publicKey, { at: now, ...(expires && { expires }) })
    await saveIdentity(layout.keys, identity)
    await pushAccount(url, identity)
  }

  const stop = async ({ graceMs = 5_000 }: { graceMs?: number } = {}) => {
    if (charge === 'released') return
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
          `Wanted a user's public key (U…) to revoke, got "${publicKey}".`,
        )
      }
      // One after the other: each account JWT replaces the one before it.
      const done = revoking.then(() => revoke(publicKey, expires))
      revoking = done.catch(() => {})
      return done
    },
    refusals: (signal) =>
      followRefusals(
        { url, pid: child.pid, log: layout.log, identity },
        AbortSignal.any([signal, gone.signal]),
      ),
    stop,
    async release() {
      if (charge === 'released') return
      charge = 'released'
      child.unref()
      await lock.release()
    },
    [Symbol.asyncDispose]: () => stop(),
  }
}
