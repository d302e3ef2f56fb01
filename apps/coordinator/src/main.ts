/**
 * The daemon's process. The command starts it with an IPC channel. With `--lifeline`, the daemon ends when the command
 * does, for whatever reason. With `--ephemeral`, it serves one run and does not wait for running tasks when it ends.
 */
import { parseArgs } from 'node:util'
import { BailiwickError, errorText, visibleText } from '@bailiwick/contract'
import { loadConfig } from './config/load-config.ts'
import { version } from './config/version.ts'
import { DaemonLog } from './daemon-log.ts'
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
/** How long an orderly shutdown may take in addition to the grace time of tasks. Milliseconds. */
const MAX_SHUTDOWN_MS = 20_000

const ending = new AbortController()
const { promise: stopRequested, resolve: requestStop } = Promise.withResolvers<string>()
process.once('SIGTERM', () => requestStop('SIGTERM'))
process.once('SIGINT', () => requestStop('SIGINT'))
if (values.lifeline) process.once('disconnect', () => requestStop('the command has ended'))
stopRequested.then((reason) => ending.abort(new Error(reason)))

// Without the command, stderr is the daemon's log.
const log = new DaemonLog()
const send = (message: DaemonMessage) => {
  if (process.connected) process.send?.(message)
  else if (message.kind === 'note') log.line(visibleText(message.line))
  else if (message.kind === 'failed') log.line(visibleText(message.message))
}

try {
  const config = await loadConfig({ cwd: process.cwd(), file: values.config, dataDir: values['data-dir'] })
  const daemon = await startDaemon({
    config,
    env: process.env,
    version: version(),
    ephemeral,
    signal: ending.signal,
    note: (line) => send({ kind: 'note', line }),
  })
  const failure = await Promise.race([daemon.failed, stopRequested, reportReady(daemon)])
  if (failure instanceof Error) send({ kind: 'failed', code: 'daemon', message: failure.message })
  const graceMs = ephemeral ? 0 : config.limits.graceMs
  exitAfter(2 * graceMs + MAX_SHUTDOWN_MS)
  await daemon.stop(graceMs)
  process.exitCode = failure instanceof Error ? 1 : 0
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal'
  const stack = code === 'internal' && error instanceof Error ? error.stack : undefined
  send({ kind: 'failed', code, message: stack ?? errorText(error) })
  process.exitCode = 1
}
if (process.connected) process.disconnect?.()

/**
 * Reports that the daemon is ready, once its team is. An ephemeral daemon does not wait, because its tasks wait in their
 * queues. Settles only if no host of the team starts.
 */
async function reportReady(daemon: Daemon): Promise<Error> {
  try {
    const missing = ephemeral ? [] : await daemon.untilTeamReady(ending.signal)
    send({ kind: 'ready', address: daemon.address, missing })
    return new Promise(() => {})
  } catch (error) {
    return error instanceof Error ? error : new BailiwickError('internal', errorText(error))
  }
}

/** Exits if an orderly shutdown hangs. The command or the next daemon ends or adopts the processes that are left. */
function exitAfter(ms: number): void {
  setTimeout(() => process.exit(1), ms).unref()
}
