import { resolve } from 'node:path'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { UsageError } from '../command/usage-error.ts'

export async function execute(context: CommandContext<{ file: string }>): Promise<number> {
  const { note, signal } = context
  const file = resolve(context.cwd, context.args.file)
  const { readConfig } = await import('../daemon/use-daemon.ts')
  const { findDaemon } = await import('@bailiwick/coordinator/config/daemon-address')
  const config = await readConfig(context)
  const daemon = findDaemon(config.dataDir)
  if (daemon !== undefined) {
    throw new UsageError(
      `Expected no daemon on ${config.dataDir}, found process ${daemon.pid}. End it with "bailiwick down", or set another dataDir.`,
    )
  }
  const { openBroker } = await import('@bailiwick/coordinator/broker/broker')
  const { makeDataDir } = await import('@bailiwick/coordinator/config/data-dir')
  const { restoreStore } = await import('@bailiwick/coordinator/backup/restore-store')
  const { everyTwoSeconds } = await import('@bailiwick/coordinator/backup/every-two-seconds')
  const { formatBytes } = await import('@bailiwick/contract')
  makeDataDir(config.dataDir)
  const broker = await openBroker(config, context.env, { note, signal })
  try {
    const { createdAt, streams } = await restoreStore(broker.bus, file, {
      replicas: config.streams.replicas ?? 1,
      progress: everyTwoSeconds((bytes) => note(`Restoring: ${formatBytes(bytes)} so far.`)),
    })
    const bytes = streams.reduce((sum, stream) => sum + stream.bytes, 0)
    const at = new Date(createdAt).toISOString()
    if (context.json) context.print(JSON.stringify({ file, bytes, createdAt: at, streams }))
    else {
      context.print(`Restored ${formatBytes(bytes)} of ${streams.length} streams, as of ${at}.`)
      context.print('"bailiwick up" continues the open runs.')
    }
  } finally {
    await broker.close()
  }
  return EXIT.ok
}
