import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { permissionsFor, type RoleGrant, userName } from '@bailiwick/bus'
import { BailiwickError, errorText } from '@bailiwick/contract'
import { readCredentials, type UserCredentials, type UserRequest } from '@bailiwick/nats-server'
import { writePrivate } from '../config/data-dir.ts'
import { whenSpace } from '../config/disk-space.ts'

/** Credentials that expire, and are renewed before that until the signal aborts. */
export interface KeptCredentials {
  /** Mints credentials for this process. The returned function gives the current text. */
  inMemory(grant: RoleGrant): Promise<() => string>
  /**
   * Writes credentials to a file, which a process reads at each reconnect. If an earlier daemon wrote the file, its key
   * stays valid; if the rights have changed since, that key is revoked, so that copies of it are useless too.
   */
  inFile(path: string, grant: RoleGrant): Promise<void>
  /** Revokes a user at once, also one that is not kept here. A kept user gets a new key. */
  revoke(publicKey: string): Promise<void>
}

export interface KeepOptions {
  /** The folder of the files: they are written when its disk has room. */
  dataDir: string
  mint(user: UserRequest): Promise<UserCredentials>
  /** Absent for an existing server: old keys stay valid until they expire. */
  revoke?(publicKey: string, expires?: number): Promise<void>
  /** How long credentials are valid, milliseconds. They are renewed at half that time. */
  lifeMs: number
  note(line: string): void
  signal: AbortSignal
}

/** Renewal is checked this often, because it follows the wall clock, which jumps when the machine wakes from sleep. */
const MAX_CHECK_MS = 5_000

interface Kept {
  user: UserRequest
  publicKey: string
  renewAt: number
  failed: boolean
  write(creds: string): void
}

/** Renews credentials while the daemon runs. Their users notice a reconnect at most. */
export function keepCredentials(options: KeepOptions): KeptCredentials {
  const { dataDir, mint, revoke, lifeMs, note, signal } = options
  const all: Kept[] = []

  const nextRenewal = () => Date.now() + lifeMs / 2
  const keep = (user: UserRequest, publicKey: string, write: (creds: string) => void) => {
    all.push({ user, publicKey, renewAt: nextRenewal(), failed: false, write })
  }
  const renew = async (kept: Kept) => {
    kept.write((await mint(kept.user)).creds)
    kept.renewAt = nextRenewal()
  }

  const renewAll = async () => {
    const checkMs = Math.min(lifeMs / 8, MAX_CHECK_MS)
    for (;;) {
      await sleep(checkMs, undefined, { signal })
      for (const kept of all.filter(({ renewAt }) => renewAt <= Date.now())) {
        try {
          await renew(kept)
          kept.failed = false
        } catch (error) {
          // For example a full disk: retry at each check, note it once.
          if (!kept.failed) note(`Cannot renew the credentials of ${kept.user.name}: ${errorText(error)}`)
          kept.failed = true
        }
      }
    }
  }
  renewAll().catch(() => {}) // Only the abort of `signal` rejects it.

  /** Mints credentials under a new key. */
  const mintNew = async ({ seed: _, ...user }: UserRequest) => {
    const request = { ...user, expiresInSeconds: lifeMs / 1_000 }
    const { creds } = await mint(request)
    const minted = await readCredentials(creds)
    if (minted === undefined) {
      throw new BailiwickError(
        'internal',
        `The credentials that were minted for ${request.name} are unreadable.`,
      )
    }
    return { request, creds, minted }
  }
  const mintFor = (grant: RoleGrant) => mintNew({ name: userName(grant), permissions: permissionsFor(grant) })

  return {
    async inMemory(grant) {
      const { request, creds, minted } = await mintFor(grant)
      let current = creds
      keep({ ...request, seed: minted.seed }, minted.publicKey, (next) => {
        current = next
      })
      return () => current
    },
    async inFile(path, grant) {
      const before = existsSync(path) ? await readCredentials(readFileSync(path, 'utf8')) : undefined
      const { request, creds, minted } = await mintFor(grant)
      const isSame = before?.rights === minted.rights && before.account === minted.account
      // A process keeps one key, so that one revocation covers all its credentials. A key that never expires is replaced.
      const keepsKey = isSame && before.expires !== undefined
      const { seed, publicKey } = keepsKey ? before : minted
      const text = keepsKey ? (await mint({ ...request, seed })).creds : creds
      await whenSpace(dataDir, { note, signal }, () => writePrivate(path, text))
      if (before !== undefined && !isSame) await revoke?.(before.publicKey, before.expires)
      keep({ ...request, seed }, publicKey, (next) => writePrivate(path, next))
    },
    async revoke(publicKey) {
      const kept = all.find((one) => one.publicKey === publicKey)
      if (kept !== undefined) {
        const { request, creds, minted } = await mintNew(kept.user)
        kept.write(creds)
        kept.user = { ...request, seed: minted.seed }
        kept.publicKey = minted.publicKey
        kept.renewAt = nextRenewal()
      }
      await revoke?.(publicKey, kept && Math.ceil((Date.now() + lifeMs) / 1_000))
    },
  }
}
