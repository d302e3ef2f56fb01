import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { killOnExit } from './kill-on-exit.ts'

/** A child process that runs a few lines of code, for tests of what outlives a process. */
export interface RunningModule {
  readonly process: ChildProcess
  /** The next line that it prints, or undefined after it has ended. */
  line(): Promise<string | undefined>
  /** Its exit code, or null if a signal ended it. */
  readonly exited: Promise<number | null>
}

/** Runs module code in its own Node process, which ends with this one at the latest. The code imports sources with `import(url)`. */
export function runModule(code: string, env: NodeJS.ProcessEnv = process.env): RunningModule {
  const child = spawn(process.execPath, [...process.execArgv, '--input-type=module', '--eval', code], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit').then(([exitCode]) => exitCode as number | null)
  if (child.pid !== undefined) void exited.then(killOnExit(child.pid))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    process: child,
    line: async () => (await lines.next()).value,
    exited,
  }
}
