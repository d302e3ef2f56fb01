import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

export async function execute(context: CommandContext): Promise<number> {
  const { readConfig } = await import('../daemon/use-daemon.ts')
  const { findDaemon } = await import('@bailiwick/coordinator/config/daemon-address')
  const { endLeftovers } = await import('../daemon/end-leftovers.ts')
  const config = await readConfig(context)
  const daemon = findDaemon(config.dataDir)
  if (daemon !== undefined) {
    const { endProcess } = await import('@bailiwick/coordinator/processes/end-process')
    // The daemon ends its children one after the other, each within the grace time. Do not kill it before that.
    await endProcess(daemon, 4 * config.limits.graceMs + 10_000)
  }
  const leftovers = await endLeftovers(config.dataDir)
  const ended = daemon === undefined ? leftovers : [`daemon (process ${daemon.pid})`, ...leftovers]
  if (context.json) context.print(JSON.stringify({ ended }))
  else if (ended.length === 0) context.print(`No daemon is running on ${config.dataDir}.`)
  else context.print(`Ended ${ended.join(', ')}.`)
  return EXIT.ok
}
