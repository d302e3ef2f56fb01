import { lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { temporaryPlaces } from '@bailiwick/contract/temporary-folder'

/** A daemon's socket is in a folder of its own, of which only the end of the name is random. */
export const FOLDER_PREFIX = 'bailiwick-'
export const SOCKET = 'daemon.sock'
const FOLDER = new RegExp(`^${FOLDER_PREFIX}[A-Za-z0-9]{6}$`)

/** A daemon that is about to create its socket has an empty folder for a moment. Milliseconds. */
const EMPTY_MS = 60_000
/** A daemon that is stopped accepts no connection, but its socket is not dead. Milliseconds. */
const CONNECT_MS = 500

/**
 * Removes the folders of sockets that this user's daemons left in the temporary folder when they were killed. A socket is
 * dead if nobody listens, also in another container.
 */
export async function removeDeadSockets(places = temporaryPlaces()): Promise<void> {
  if (process.platform === 'win32') return // A pipe ends with its process.
  for (const place of places) {
    const names = await readdir(place).catch(() => []) // The place may be missing.
    const folders = names.filter((name) => FOLDER.test(name)).map((name) => join(place, name))
    await Promise.all(folders.map(removeIfDead))
  }
}

async function removeIfDead(folder: string): Promise<void> {
  try {
    const { uid, mtimeMs } = await lstat(folder)
    if (uid !== process.getuid?.()) return
    const content = await readdir(folder)
    if (content.length === 0 && Date.now() - mtimeMs > EMPTY_MS) await rmdir(folder)
    if (content.length !== 1 || content[0] !== SOCKET) return
    if (await isRefused(join(folder, SOCKET))) await rm(folder, { recursive: true, force: true })
  } catch {
    // Another daemon removes it too, or it is no folder.
  }
}

function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const settle = (isDead: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(isDead)
    }
    const timer = setTimeout(() => settle(false), CONNECT_MS)
    socket.once('connect', () => settle(false))
    socket.once('error', (error) => settle('code' in error && error.code === 'ECONNREFUSED'))
  })
}
