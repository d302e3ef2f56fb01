import { hash } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText, SandboxError } from '@bailiwick/contract/world'
import { bubblewrapFolder, ensureBubblewrap, findBubblewrap } from '../isolation/bubblewrap.ts'

/** After a failure, no process of the tests tries again for this long, ms. */
const RETRY_MS = 600_000
const LOCK_POLL_MS = 50

/**
 * Makes the sandboxes of a test file run in bubblewrap if this machine can have it: finds it, or fetches it once for
 * all test files. Otherwise warns that the sandboxes run with the isolation that the machine offers. Call it at the top
 * of every test file that starts a sandbox.
 *
 * @example
 * import { useBubblewrap } from '@bailiwick/sandbox/testing'
 *
 * await useBubblewrap()
 */
export async function useBubblewrap(): Promise<void> {
  if (process.platform !== 'linux' || process.env.BWRAP_BIN) return
  try {
    // Tests start processes with an empty HOME, which could not find it in the cache.
    process.env.BWRAP_BIN = findBubblewrap() ?? (await fetchOnce())
  } catch (error) {
    console.warn(`The sandboxes of these tests run without bubblewrap: ${errorText(error)}`)
  }
}

async function fetchOnce(): Promise<string> {
  await using _lock = await lock()
  const found = findBubblewrap()
  if (found !== undefined) return found
  const failure = join(bubblewrapFolder(), '.tests-failed-to-fetch')
  const failedAt = (await stat(failure).catch(() => undefined))?.mtimeMs ?? 0
  if (Date.now() - failedAt < RETRY_MS) throw new SandboxError(await readFile(failure, 'utf8'))
  try {
    return await ensureBubblewrap({ onProgress: console.warn })
  } catch (error) {
    await mkdir(bubblewrapFolder(), { recursive: true })
    await writeFile(failure, errorText(error))
    throw error
  }
}

/** Locks the cache folder with an abstract socket, which the kernel releases even if its process is killed. */
async function lock(): Promise<AsyncDisposable> {
  const name = `\0bailiwick-${hash('sha256', bubblewrapFolder())}`
  for (;;) {
    const server = createServer()
    const listening = Promise.withResolvers<void>()
    server.once('listening', listening.resolve).once('error', listening.reject)
    server.listen(name)
    try {
      await listening.promise
      return server
    } catch (error) {
      if ((error as { code?: string }).code !== 'EADDRINUSE') throw error
      await sleep(LOCK_POLL_MS)
    }
  }
}
