/**
 * The daemon as a process of its own, started by the command with an IPC channel. With `--ephemeral` the
 * channel is its lifeline: when the command ends, however it ends, so does everything here.
 */
import { parseArgs } from 'node:util'
import { loadConfig } from '../config/load-config.ts'
import { version } from '../config/version.ts'
import type { DaemonMessage } from './daemon-message.ts'
import { startDaemon } from './start-daemon.ts'

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    'data-dir': { type: 'string' },
    ephemeral: { type: 'boolean', default: false },
  },
})
const ephemeral = values.ephemeral
const ended = new AbortController()
const { promise: told, resolve: stop } = Promise.withResolvers<string>()
process.once('SIGTERM', () => stop('SIGTERM'))
process.once('SIGINT', () => stop('SIGINT'))
if (ephemeral) process.once('disconnect', () => stop('the command has ended'))
told.then((reason) => ended.abort(new Error(reason)))

const say = (message: DaemonMessage) => {
  if (process.connected) process.send?.(message)
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
  say({ kind: 'ready', address: daemon.address })
  const failure = await Promise.race([daemon.failed, told])
  if (failure instanceof Error) say({ kind: 'failed', code: 'daemon', message: failure.message })
  await daemon.stop(ephemeral ? 0 : config.limits.graceMs)
  process.exitCode = failure instanceof Error ? 1 : 0
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'internal'
  const message = error instanceof Error ? error.message : String(error)
  const stack = error instanceof Error ? error.stack : undefined
  say({ kind: 'failed', code, message: code === 'internal' ? (stack ?? message) : message })
  process.exitCode = 1
}
if (process.connected) process.disconnect?.()
