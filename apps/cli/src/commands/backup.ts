import { access } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { LoadedConfig } from '@bailiwick/coordinator/config/load-config'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { UsageError } from '../command/usage-error.ts'

export async function execute(context: CommandContext<{ file: string }>): Promise<number> {
  const file = resolve(context.cwd, context.args.file)
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (exists) throw new UsageError(`Expected a new file, found ${file}, which exists. Choose another name.`)
  const { readConfig } = await import('../daemon/use-daemon.ts')
  const { formatBytes } = await import('@bailiwick/contract')
  const { makeFolder } = await import('@bailiwick/coordinator/config/make-folder')
  const config = await readConfig(context)
  makeFolder(dirname(file), 'The folder of the backup')
  const streams = await backUp(context, config, file)
  const bytes = streams.reduce((sum, stream) => sum + stream.bytes, 0)
  if (context.json) context.print(JSON.stringify({ file, bytes, streams }))
  else context.print(`Wrote ${formatBytes(bytes)} of ${streams.length} streams to ${file}.`)
  return EXIT.ok
}

/** A running daemon writes the backup itself, because only it may read everything. */
async function backUp(
  context: CommandContext,
  config: LoadedConfig,
  file: string,
): Promise<{ name: string; bytes: number }[]> {
  const { note, signal } = context
  const { findDaemon } = await import('@bailiwick/coordinator/config/daemon-address')
  const daemon = findDaemon(config.dataDir)
  if (daemon !== undefined) {
    const { askLocal } = await import('../daemon/ask-local.ts')
    const { backup = [] } = await askLocal(daemon, { op: 'backup', file }, { note, signal })
    return backup
  }
  const { openBroker } = await import('@bailiwick/coordinator/broker/broker')
  const { backUpStore } = await import('@bailiwick/coordinator/backup/back-up-store')
  const { everyTwoSeconds } = await import('@bailiwick/coordinator/backup/every-two-seconds')
  const { version } = await import('@bailiwick/coordinator/config/version')
  const { formatBytes } = await import('@bailiwick/contract')
  const broker = await openBroker(config, context.env, { note, signal })
  try {
    const progress = everyTwoSeconds((bytes) => note(`Backing up: ${formatBytes(bytes)} so far.`))
    const streams = await backUpStore(broker.bus, file, { version: version(), signal, progress })
    return streams.map(({ name, bytes }) => ({ name, bytes }))
  } finally {
    await broker.close()
  }
}
