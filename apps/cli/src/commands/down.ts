import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  details: 'Processes that a daemon left behind when it was killed are ended as well.',
  options: {},
  async run(context) {
    const { readConfig } = await import('../daemon/use-daemon.ts')
    const { findDaemon } = await import('@bailiwick/coordinator/config/daemon-address')
    const { endLeftovers } = await import('../daemon/end-leftovers.ts')
    const config = await readConfig(context)
    const daemon = findDaemon(config.dataDir)
    if (daemon !== undefined) {
      const { endProcess } = await import('@bailiwick/coordinator/supervise/end-process')
      // Its children end within the grace time, each; it must not be killed before they are.
      await endProcess(daemon, 4 * config.limits.graceMs + 10_000)
    }
    const left = await endLeftovers(config.dataDir)
    const ended = daemon === undefined ? left : [`daemon (process ${daemon.pid})`, ...left]
    if (context.json) context.print(JSON.stringify({ ended }))
    else
      context.print(ended.length === 0 ? `nothing runs on ${config.dataDir}` : `ended: ${ended.join(', ')}`)
    return EXIT.ok
  },
}
