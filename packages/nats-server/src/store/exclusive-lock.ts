import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSameProcess, ownIdentity, type ProcessIdentity } from '../process-identity.ts'

/** A lock that is held until it is released or this process ends. */
export interface ExclusiveLock extends AsyncDisposable {
  release(): Promise<void>
}

/** The process that holds a lock, and a nonce that is new each time the lock is taken. */
export interface LockHolder extends ProcessIdentity {
  readonly nonce: string
}

/**
 * Takes a lock file, or returns the process that holds it. Node has no `flock`, so this uses only `link` and
 * `rename`:
 *
 * - Linking a complete candidate file takes the lock. That is exclusive, and nobody reads a half-written lock.
 * - Replacing the lock of a dead process requires a second lock, named after the dead lock's nonce. Without it,
 *   two processes that both see the dead lock could each remove it, and the slower one would remove the new lock
 *   of the faster one.
 * - The second lock works the same way, so its holder may die too.
 *
 * @param path a file on a file system with hard links
 */
export async function tryLock(path: string): Promise<ExclusiveLock | { heldBy: LockHolder }> {
  const holder: LockHolder = { ...ownIdentity(), nonce: randomUUID() }
  const candidate = `${path}.${holder.nonce}`
  await writeFile(candidate, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
  try {
    while (true) {
      if (await tryLink(candidate, path)) return heldLock(path, holder)
      const current = await readHolder(path)
      if (current === undefined) continue
      if (isSameProcess(current)) return { heldBy: current }
      if (await replaceDead(path, current, candidate)) return heldLock(path, holder)
    }
  } finally {
    await rm(candidate, { force: true })
  }
}

async function replaceDead(path: string, dead: LockHolder, candidate: string): Promise<boolean> {
  const claim = await tryLock(`${path}.dead-${dead.nonce}`)
  if ('heldBy' in claim) {
    // Another process is replacing the dead lock right now.
    await sleep(5)
    return false
  }
  await using _ = claim
  if ((await readHolder(path))?.nonce !== dead.nonce) return false
  await rename(candidate, path)
  return true
}

function heldLock(path: string, holder: LockHolder): ExclusiveLock {
  const release = async () => {
    // After a release, the file may be the lock of another process.
    if ((await readHolder(path))?.nonce === holder.nonce) await rm(path, { force: true })
  }
  return { release, [Symbol.asyncDispose]: release }
}

async function tryLink(candidate: string, path: string): Promise<boolean> {
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
    // Locks are linked whole, so only a power cut damages one, and that also ended its holder.
    if (error instanceof SyntaxError) return { pid: 0, startTime: '', nonce: 'damaged' }
    throw error
  }
}
