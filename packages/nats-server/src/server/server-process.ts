import { execFile, spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { NatsServerError } from '../nats-server-error.ts'
import { isSameProcess, isStillRunning, type ProcessIdentity } from '../process-identity.ts'

const run = promisify(execFile)

/** How a server process ended. Both are null for an adopted server, because only a parent learns them. */
export interface ServerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A nats-server process: a child of this one, or an adopted one. */
export interface ServerProcess {
  readonly pid: number
  readonly exited: Promise<ServerExit>
  kill(signal: NodeJS.Signals): Promise<void>
  /** Lets this process exit while the server keeps running. */
  unref(): void
}

/**
 * Starts the executable in its own process group, so that Ctrl-C in a terminal reaches only the parent.
 *
 * @param options `store` is an existing folder, which a kernel lock protects while the server runs;
 * `memory` is a soft limit in bytes
 * @throws NatsServerError `start-failed` if the executable cannot be started
 */
export async function spawnServer(options: {
  binary: string
  config: string
  store: string
  log: string
  memory: number
}): Promise<ServerProcess> {
  // Output from before the server opens its log goes to the same file: a pipe would break when this process exits.
  const log = await open(options.log, 'a', 0o600)
  try {
    const words = [...(await lockCommand(options.store)), options.binary, '-c', options.config]
    const [command = options.binary, ...args] = words
    const child = spawn(command, args, {
      detached: true,
      windowsHide: true,
      stdio: ['ignore', log.fd, log.fd],
      env: serverEnvironment(options.memory),
    })
    const exited = new Promise<ServerExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (cause) =>
        reject(new NatsServerError('start-failed', `Cannot start ${command}: ${cause.message}`, { cause })),
      )
    })
    const pid = child.pid ?? 0
    return { pid, exited, kill: async (signal) => void child.kill(signal), unref: () => child.unref() }
  } finally {
    await log.close()
  }
}

const POLL_MS = 200

/** Takes charge of a process that another program started. Notices its exit within 200 ms. */
export function adoptProcess(identity: ProcessIdentity): ServerProcess {
  const { promise: exited, resolve } = Promise.withResolvers<ServerExit>()
  const timer = setInterval(() => {
    if (isStillRunning(identity)) return
    clearInterval(timer)
    resolve({ code: null, signal: null })
  }, POLL_MS)
  return {
    pid: identity.pid,
    exited,
    async kill(signal) {
      // Another process may have the id after the server's exit.
      if (!isSameProcess(identity)) return
      try {
        process.kill(identity.pid, signal)
      } catch (error) {
        // ESRCH: the server exited in between.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    },
    unref: () => timer.unref(),
  }
}

/** The exit code of a server that did not start because another process holds the kernel lock on its store. */
export const STORE_HELD = 75

let hasFlock: Promise<boolean> | undefined

/**
 * A command prefix that holds a kernel lock on the folder while the command runs; empty if the system has no
 * such command.
 *
 * nats-server itself locks nothing, and two servers on one store lose acknowledged messages. The lock file of
 * the data directory does not work between containers; a kernel lock does.
 */
async function lockCommand(folder: string): Promise<string[]> {
  hasFlock ??= findFlock()
  // --no-fork replaces flock by the command, which keeps the process id and inherits the lock.
  return (await hasFlock)
    ? ['flock', '--no-fork', '--nonblock', '--conflict-exit-code', String(STORE_HELD), folder]
    : []
}

async function findFlock(): Promise<boolean> {
  if (process.platform !== 'linux') return false
  try {
    // busybox has a flock without --no-fork, and without --version too.
    return (await run('flock', ['--version'])).stdout.includes('util-linux')
  } catch {
    return false
  }
}

// The parent's environment may hold API keys, and the server needs none of them.
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'SystemRoot', 'TEMP', 'TMP']

function serverEnvironment(memory: number): Record<string, string> {
  const environment: Record<string, string> = { GOMEMLIMIT: String(memory) }
  for (const name of INHERITED) {
    const value = process.env[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}
