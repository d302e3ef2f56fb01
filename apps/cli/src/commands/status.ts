import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

export async function execute(context: CommandContext): Promise<number> {
  const status = await readStatus(context)
  if (context.json) {
    context.print(JSON.stringify(status))
    return EXIT.ok
  }
  const { statusLines } = await import('../show/status-lines.ts')
  const { outputWidth } = await import('../show/wrap-text.ts')
  for (const line of statusLines(status, { now: Date.now(), width: outputWidth() })) context.print(line)
  return EXIT.ok
}

/** Asks the daemon of this machine directly, so that it also answers while NATS is away. */
async function readStatus(context: CommandContext): Promise<unknown> {
  const { readConfig, withDaemon } = await import('../daemon/use-daemon.ts')
  const { findDaemon } = await import('@bailiwick/coordinator/config/daemon-address')
  const daemon = findDaemon((await readConfig(context)).dataDir)
  if (daemon?.local !== undefined) {
    const { askLocal } = await import('../daemon/ask-local.ts')
    const { status } = await askLocal(daemon, { op: 'status' })
    if (status !== undefined) return status
  }
  const { requestRun } = await import('@bailiwick/bus')
  return withDaemon(context, (bus) => requestRun(bus, 'status', {}))
}
