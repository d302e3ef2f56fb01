import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The exit code with which the wrapper says that another process holds the store. */
export const STORE_HELD = 75

let available: Promise<boolean> | undefined

/**
 * The words to put before a command so that its process holds a kernel lock on the folder for as long
 * as it lives; none where the system has no such command.
 *
 * nats-server itself locks nothing, and two of them on one store lose acknowledged messages. The lock
 * file of the data directory cannot see into other containers; the kernel's lock can.
 */
export async function holdStore(folder: string): Promise<string[]> {
  available ??= hasFlock()
  // --no-fork: the command replaces flock, keeps its process id and inherits the lock.
  return (await available)
    ? ['flock', '--no-fork', '--nonblock', '--conflict-exit-code', String(STORE_HELD), folder]
    : []
}

async function hasFlock(): Promise<boolean> {
  if (process.platform !== 'linux') return false
  try {
    // The flock of busybox has no --no-fork, and no --version either.
    return (await run('flock', ['--version'])).stdout.includes('util-linux')
  } catch {
    return false
  }
}
