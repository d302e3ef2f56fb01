import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { isSameProcess, ownIdentity, type ProcessIdentity } from '../process-identity.ts'

/** A lock that is held until it is released or this process ends, however it ends. */
export interface ExclusiveLock extends AsyncDisposable {
  release(): Promise<void>
}

/** Who holds a lock: one life of a process, and one taking of the lock. */
export interface LockHolder extends ProcessIdentity {
  readonly nonce: string
}

/**
 * Takes the lock file, or says who holds it. Node has no `flock`; this is built on
 * `link` and `rename` alone and survives nothing but a live process:
 *
 * - `link` of a written candidate is the taking: it is exclusive, and nobody ever reads a half-written lock.
 * - A lock of a dead process may be replaced only by the holder of a second lock, named after
 *   the dead one's nonce. Without that, two processes that both saw the dead lock could each
 *   remove what they take for it, and the slower one would remove the faster one's new lock.
 * - That second lock is an ordinary one, so its holder may die as well.
 *
 * @param path a file on a file system with hard links
 */
export async function tryLock(path: string): Promise<ExclusiveLock | { heldBy: LockHolder }> {
  const holder: LockHolder = { ...ownIdentity(), nonce: randomUUID() }
  const candidate = `${path}.${holder.nonce}`
  await writeFile(candidate, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
  try {
    while (true) {
      if (await linked(candidate, path)) return held(path, holder)
      const current = await readHolder(path)
      if (current === undefined) continue
      if (isSameProcess(current)) return { heldBy: current }
      if (await replaceDead(path, current, candidate)) return held(path, holder)
    }
  } finally {
    await rm(candidate, { force: true })
  }
}

async function replaceDead(path: string, dead: LockHolder, candidate: string): Promise<boolean> {
  const claim = await tryLock(`${path}.dead-${dead.nonce}`)
  if ('heldBy' in claim) {
    // Somebody alive is replacing it this very moment.
    await new Promise((resolve) => setTimeout(resolve, 5))
    return false
  }
  await using _ = claim
  if ((await readHolder(path))?.nonce !== dead.nonce) return false
  await rename(candidate, path)
  return true
}

function held(path: string, holder: LockHolder): ExclusiveLock {
  const release = async () => {
    // Only a live holder's own lock is removed; after release() the file may be another's.
    if ((await readHolder(path))?.nonce === holder.nonce) await rm(path, { force: true })
  }
  return { release, [Symbol.asyncDispose]: release }
}

async function linked(candidate: string, path: string): Promise<boolean> {
  try {
    await link(candidate, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readHolder(path: string): Promise<LockHolder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockHolder
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    // A lock is linked whole; only a power cut leaves one damaged, and then its holder is dead.
    if (error instanceof SyntaxError) return { pid: 0, startTime: '', nonce: 'damaged' }
    throw error
  }
}
