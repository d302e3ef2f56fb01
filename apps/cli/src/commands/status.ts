import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

export async function execute(context: CommandContext): Promise<number> {
  const { withDaemon } = await import('../daemon/use-daemon.ts')
  const { requestRun } = await import('@bailiwick/bus')
  const status = await withDaemon(context, (bus) => requestRun(bus, 'status', {}))
  if (context.json) {
    context.print(JSON.stringify(status))
    return EXIT.ok
  }
  const { statusLines } = await import('../show/status-lines.ts')
  const { outputWidth } = await import('../show/wrap-text.ts')
  for (const line of statusLines(status, { now: Date.now(), width: outputWidth() })) context.print(line)
  return EXIT.ok
}
