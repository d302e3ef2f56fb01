import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../bin/bailiwick.js', import.meta.url))

/** The real command, as a process. */
export interface Program {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves with the text printed so far once it matches; fails where the program ends before. */
  until(pattern: RegExp): Promise<string>
}

export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** The environment of a machine without any model. */
export function bareEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, NATS_SERVER_BIN } = process.env
  return {
    PATH,
    HOME,
    ...(TMPDIR !== undefined && { TMPDIR }),
    ...(NATS_SERVER_BIN !== undefined && { NATS_SERVER_BIN }),
    // Nothing listens there: an Ollama on the machine that runs the tests is not found.
    OLLAMA_HOST: 'http://127.0.0.1:9',
    ...extra,
  }
}

/** Starts the built command. */
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
  const watchers = new Set<() => void>()
  const tell = () => {
    for (const watcher of watchers) watcher()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    tell()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    tell()
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
        reject(new Error(`the program ended without printing ${pattern}:\n${stdout}\n${stderr}`)),
      )
      return promise.finally(() => watchers.delete(look))
    },
  }
}

/** Runs the built command to its end. */
export function run(args: string[], options: Parameters<typeof start>[1]): Promise<Ended> {
  return start(args, options).ended
}
