/**
 * The daemon as a process of its own, started by the command with an IPC channel. With `--lifeline` the
 * daemon ends when the command does, however that ends. With `--ephemeral` it lives for one run, and
 * nobody waits for tasks under way when it ends.
 */
import { parseArgs } from 'node:util'
import { loadConfig } from './config/load-config.ts'
import { version } from './config/version.ts'
import type { DaemonMessage } from './daemon-message.ts'
import { type Daemon, startDaemon } from './start-daemon.ts'

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    'data-dir': { type: 'string' },
    lifeline: { type: 'boolean', default: false },
    ephemeral: { type: 'boolean', default: false },
  },
})
const { ephemeral } = values
/** How long an orderly end may take at most, besides the grace time of tasks. Milliseconds. */
const SHUTDOWN_MS = 20_000

const ended = new AbortController()
const { promise: told, resolve: stop } = Promise.withResolvers<string>()
process.once('SIGTERM', () => stop('SIGTERM'))
process.once('SIGINT', () => stop('SIGINT'))
if (values.lifeline) process.once('disconnect', () => stop('the command has ended'))
told.then((reason) => ended.abort(new Error(reason)))

const say = (message: DaemonMessage) => {
  if (process.connected) process.send?.(message)
  // Nobody listens any more: stderr is the daemon's log.
  else if (message.kind === 'note') console.error(`${new Date().toISOString()} ${message.line}`)
  else if (message.kind === 'failed') console.error(`${new Date().toISOString()} ${message.message}`)
}

try {
  const config = await loadConfig({ cwd: process.cwd(), file: values.config, dataDir: values['data-dir'] })
  const daemon = await startDaemon({
    config,
    env: process.env,
    version: version(),
    ephemeral,
    signal: ended.signal,
    note: (line) => say({ kind: 'note', line }),
  })
  const failure = await Promise.race([daemon.failed, told, reportReady(daemon)])
  if (failure instanceof Error) say({ kind: 'failed', code: 'daemon', message: failure.message })
  const graceMs = ephemeral ? 0 : config.limits.graceMs
  forceEnd(2 * graceMs + SHUTDOWN_MS)
  await daemon.stop(graceMs)
  process.exitCode = failure instanceof Error ? 1 : 0
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal'
  const message = error instanceof Error ? error.message : String(error)
  const stack = error instanceof Error ? error.stack : undefined
  say({ kind: 'failed', code, message: code === 'internal' ? (stack ?? message) : message })
  process.exitCode = 1
}
if (process.connected) process.disconnect?.()

/**
 * Reports that the daemon is ready, once its team is. A daemon that lives for one run does not wait: its tasks wait in
 * their queues. Settles only if no host of the team starts.
 */
async function reportReady(daemon: Daemon): Promise<Error> {
  try {
    const missing = ephemeral ? [] : await daemon.untilTeamReady(ended.signal)
    say({ kind: 'ready', address: daemon.address, missing })
    return new Promise(() => {})
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** Ends the process where an orderly end hangs; what it leaves behind is ended by the command, or adopted. */
function forceEnd(afterMs: number): void {
  setTimeout(() => process.exit(1), afterMs).unref()
}
