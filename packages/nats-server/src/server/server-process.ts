import { spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { NatsServerError } from '../nats-server-error.ts'
import { isSameProcess, isStillRunning, type ProcessIdentity } from '../process-identity.ts'
import { holdStore } from './hold-store.ts'

/** How a server process ended; both null where it was adopted, so that nobody could be told. */
export interface ServerExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A nats-server process: a child of this one, or one found running. */
export interface ServerProcess {
  readonly pid: number
  readonly exited: Promise<ServerExit>
  kill(signal: NodeJS.Signals): Promise<void>
  /** Lets this process end while the server runs on. */
  unref(): void
}

/** Starts the executable in a process group of its own, so that Ctrl-C in a terminal reaches the parent alone. */
export async function spawnServer(options: {
  binary: string
  config: string
  store: string
  log: string
  memory: number
}): Promise<ServerProcess> {
  // What it prints before it opens its log file goes to the same file: a pipe would break with our exit.
  const log = await open(options.log, 'a', 0o600)
  try {
    const words = [...(await holdStore(options.store)), options.binary, '-c', options.config]
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
        reject(
          new NatsServerError('start-failed', `${command} cannot be started: ${cause.message}`, { cause }),
        ),
      )
    })
    const pid = child.pid ?? 0
    return { pid, exited, kill: async (signal) => void child.kill(signal), unref: () => child.unref() }
  } finally {
    await log.close()
  }
}

/** Takes charge of a process that somebody else started. Its end is noticed within 200 ms. */
export function adoptProcess(identity: ProcessIdentity): ServerProcess {
  let timer: NodeJS.Timeout
  const exited = new Promise<ServerExit>((resolve) => {
    const look = () => {
      if (isStillRunning(identity)) return
      clearInterval(timer)
      resolve({ code: null, signal: null })
    }
    timer = setInterval(look, 200)
  })
  return {
    pid: identity.pid,
    exited,
    async kill(signal) {
      // Never a process that got the id after the server's end.
      if (!isSameProcess(identity)) return
      try {
        process.kill(identity.pid, signal)
      } catch (error) {
        // It ended in between.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    },
    unref: () => timer.unref(),
  }
}

// The parent's environment may hold keys; the server needs none of them.
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'SystemRoot', 'TEMP', 'TMP']

function serverEnvironment(memory: number): Record<string, string> {
  const environment: Record<string, string> = { GOMEMLIMIT: String(memory) }
  for (const name of PASSED_ON) {
    const value = process.env[name]
    if (value !== undefined) environment[name] = value
  }
  return environment
}
