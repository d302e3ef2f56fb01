import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { survivors } from '@bailiwick/coordinator/testing/survivors'
import { vi } from 'vitest'

// Only a test that hangs takes so long. A busy machine may need a second for each process that a test starts.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const MAIN = fileURLToPath(new URL('../bin/bailiwick.js', import.meta.url))

/** How often to note which processes a command has. Reading all of /proc takes some milliseconds. */
const LOOK_MS = 500

/** A running command. */
export interface Program {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves with all output so far as soon as it matches. Rejects if the program ends before. */
  until(pattern: RegExp): Promise<string>
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** The environment of a machine without any model. */
export function bareEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NATS_SERVER_BIN, NODE_COMPILE_CACHE } = process.env
  return {
    PATH,
    HOME,
    ...(TMPDIR !== undefined && { TMPDIR }),
    ...(NATS_SERVER_BIN !== undefined && { NATS_SERVER_BIN }),
    ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
    // Nothing listens there, so that the tests find no Ollama on this machine.
    OLLAMA_HOST: 'http://127.0.0.1:9',
    ...extra,
  }
}

/** Starts the command from source. */
export function start(
  args: string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; node?: string[] },
): Program {
  const child = spawn(process.execPath, [...process.execArgv, ...(options.node ?? []), MAIN, ...args], {
    cwd: options.cwd,
    env: options.env ?? bareEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  let lookedAt = 0
  const watchers = new Set<() => void>()
  const changed = () => {
    for (const watcher of watchers) watcher()
    if (process.platform !== 'linux' || Date.now() < lookedAt + LOOK_MS) return
    lookedAt = Date.now()
    survivors(options.cwd) // Remembers the sandboxes, which can be found only while their hosts live.
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    changed()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    changed()
  })
  const ended = once(child, 'close').then(([code]): Ended => ({ code, stdout, stderr }))
  return {
    child,
    ended,
    until(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const look = () => {
        if (pattern.test(stdout + stderr)) resolve(stdout + stderr)
      }
      watchers.add(look)
      look()
      ended.then(() =>
        reject(new Error(`Expected output that matches ${pattern}, found:\n${stdout}\n${stderr}`)),
      )
      return promise.finally(() => watchers.delete(look))
    },
  }
}

/** Runs the command to its end. */
export function run(args: string[], options: Parameters<typeof start>[1]): Promise<Ended> {
  return start(args, options).ended
}

/** The last line of a command's stdout, as JSON. */
export function lastJson({ stdout }: Ended) {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}
