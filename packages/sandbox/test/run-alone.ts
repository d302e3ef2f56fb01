import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Runs a script of the tests in a process of its own, from source. Returns the JSON that it prints last. @param signal kills it */
export async function runAlone(
  script: string,
  signal: AbortSignal,
  options: { flags?: string[]; args?: string[] } = {},
): Promise<unknown> {
  const { flags = [], args = [] } = options
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...process.execArgv, ...flags, join(import.meta.dirname, script), ...args],
    { maxBuffer: 64 * 1_048_576, signal, killSignal: 'SIGKILL' },
  )
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}
