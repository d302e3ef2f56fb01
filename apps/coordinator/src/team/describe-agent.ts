import { fork } from 'node:child_process'
import { extname, join } from 'node:path'
import { DefinitionError, SOURCE_FLAGS } from '@bailiwick/contract'
import type { AgentDescription } from './describe-child.ts'

/** Next to this file, in source and in the build. */
const CHILD = join(import.meta.dirname, `describe-child${extname(import.meta.filename)}`)
const MAX_MS = 30_000

/**
 * Describes an agent package in a separate process that gets nothing of this process's environment.
 *
 * @throws DefinitionError if the package cannot be loaded or its definition is invalid
 */
export async function describeAgent(
  agent: { spec: string; file: string; folder: string },
  signal: AbortSignal,
): Promise<AgentDescription> {
  const child = fork(CHILD, [agent.file], {
    cwd: agent.folder,
    env: { PATH: process.env.PATH ?? '' },
    execArgv: [
      ...SOURCE_FLAGS,
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
    ],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(MAX_MS)]),
  })
  let printed = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-4_000)
  })
  const { promise, resolve, reject } = Promise.withResolvers<AgentDescription>()
  const fail = (reason: string) =>
    reject(new DefinitionError(`Cannot use agent "${agent.spec}": ${reason}\n  (${agent.file})`))
  child.once('message', (message: AgentDescription | { error: string }) => {
    if ('error' in message) fail(message.error)
    else resolve(message)
  })
  child.once('error', (error) => {
    if (signal.aborted) reject(signal.reason)
    else fail(error.name === 'AbortError' ? `it did not load within ${MAX_MS / 1_000} s` : error.message)
  })
  // "exit" may arrive before the last message, "close" does not. After a message it has no effect.
  child.once('close', (code) =>
    fail(`it exited with ${code} while it was loaded. ${lastLine(printed)}`.trim()),
  )
  return promise
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
