import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  details: 'Exit code 5 where no daemon runs.',
  options: {},
  async run(context) {
    const { withDaemon } = await import('../daemon/use-daemon.ts')
    const { requestRun } = await import('@bailiwick/bus')
    const status = await withDaemon(context, (bus) => requestRun(bus, 'status', {}))
    if (context.json) {
      context.print(JSON.stringify(status))
      return EXIT.ok
    }
    const { statusLines } = await import('../show/status-lines.ts')
    for (const line of statusLines(status)) context.print(line)
    return EXIT.ok
  },
}
