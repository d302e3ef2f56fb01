import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { permissionsFor, type RoleGrant, userName } from '@bailiwick/bus'
import { readCredentials, type UserCredentials, type UserRequest } from '@bailiwick/nats-server'
import { writePrivate } from '../config/data-dir.ts'

/** Credentials with an end, renewed before it until the signal aborts. */
export interface KeptCredentials {
  /** For this process: what it returns gives their text as it is now. */
  inMemory(grant: RoleGrant): Promise<() => string>
  /**
   * In a file, which a process reads at every reconnect. A file of a daemon before keeps its key, unless its rights
   * are other ones now: then that key is revoked, also for whoever has a copy.
   */
  inFile(path: string, grant: RoleGrant): Promise<void>
  /** Ends a user at once, also one who is not kept here; one that is gets another key. */
  withdraw(publicKey: string): Promise<void>
}

export interface KeepOptions {
  mint(user: UserRequest): Promise<UserCredentials>
  /** Absent where the server is somebody else's: old keys live until their end then. */
  revoke?(publicKey: string, expires?: number): Promise<void>
  /** How long they hold, milliseconds. Renewed when half of it is over. */
  lifeMs: number
  note(line: string): void
  signal: AbortSignal
}

/** By the clock on the wall, which the server goes by, also after the machine has slept: so it is looked at often. */
const MAX_LOOK_MS = 5_000

interface Kept {
  user: UserRequest
  publicKey: string
  renewAt: number
  failed: boolean
  write(creds: string): void
}

/** Keeps credentials from ending while their daemon lives. Whoever uses them notices a reconnect at most. */
export function keepCredentials(options: KeepOptions): KeptCredentials {
  const { mint, revoke, lifeMs, note, signal } = options
  const all: Kept[] = []

  const due = () => Date.now() + lifeMs / 2
  const keep = (user: UserRequest, publicKey: string, write: (creds: string) => void) => {
    all.push({ user, publicKey, renewAt: due(), failed: false, write })
  }
  const renew = async (kept: Kept) => {
    kept.write((await mint(kept.user)).creds)
    kept.renewAt = due()
  }

  const renewAll = async () => {
    const lookMs = Math.min(lifeMs / 8, MAX_LOOK_MS)
    for (;;) {
      await sleep(lookMs, undefined, { signal })
      for (const kept of all.filter(({ renewAt }) => renewAt <= Date.now())) {
        try {
          await renew(kept)
          kept.failed = false
        } catch (error) {
          // A full disk: it is tried again at every look, and told once.
          if (!kept.failed)
            note(`the credentials of ${kept.user.name} could not be renewed: ${String(error)}`)
          kept.failed = true
        }
      }
    }
  }
  renewAll().catch(() => {}) // Aborted: nothing else is thrown there.

  const first = (grant: RoleGrant) => sign({ name: userName(grant), permissions: permissionsFor(grant) })

  /** Under a key of its own. */
  const sign = async ({ seed: _, ...user }: UserRequest) => {
    const request = { ...user, expiresInSeconds: lifeMs / 1_000 }
    const { creds } = await mint(request)
    const minted = await readCredentials(creds)
    if (minted === undefined) throw new Error(`what was signed for ${request.name} cannot be read`)
    return { request, creds, minted }
  }

  return {
    async inMemory(grant) {
      const { request, creds, minted } = await first(grant)
      let current = creds
      keep({ ...request, seed: minted.seed }, minted.publicKey, (next) => {
        current = next
      })
      return () => current
    },
    async inFile(path, grant) {
      const before = existsSync(path) ? await readCredentials(readFileSync(path, 'utf8')) : undefined
      const { request, creds, minted } = await first(grant)
      const isSame = before?.rights === minted.rights && before.account === minted.account
      // One key for all that a process ever had: revoking it ends them all. One without an end is left behind.
      const keepsKey = isSame && before.expires !== undefined
      const { seed, publicKey } = keepsKey ? before : minted
      writePrivate(path, keepsKey ? (await mint({ ...request, seed })).creds : creds)
      if (before !== undefined && !isSame) await revoke?.(before.publicKey, before.expires)
      keep({ ...request, seed }, publicKey, (next) => writePrivate(path, next))
    },
    async withdraw(publicKey) {
      const kept = all.find((one) => one.publicKey === publicKey)
      if (kept !== undefined) {
        const { request, creds, minted } = await sign(kept.user)
        kept.write(creds)
        kept.user = { ...request, seed: minted.seed }
        kept.publicKey = minted.publicKey
        kept.renewAt = due()
      }
      await revoke?.(publicKey, kept && Math.ceil((Date.now() + lifeMs) / 1_000))
    },
  }
}
