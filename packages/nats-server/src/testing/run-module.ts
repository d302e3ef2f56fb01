import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A child process that runs a few lines of code, for tests of what outlives a process. */
export interface RunningModule {
  readonly process: ChildProcess
  /** The next line that it prints, or undefined after it has ended. */
  line(): Promise<string | undefined>
  /** Its exit code, or null if a signal ended it. */
  readonly exited: Promise<number | null>
}

/** Runs module code in its own Node process. The code imports sources with `import(url)`. */
export function runModule(code: string, env: NodeJS.ProcessEnv = process.env): RunningModule {
  const child = spawn(process.execPath, [...process.execArgv, '--input-type=module', '--eval', code], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    process: child,
    line: async () => (await lines.next()).value,
    exited: once(child, 'exit').then(([exitCode]) => exitCode as number | null),
  }
}
