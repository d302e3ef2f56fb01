import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

export async function execute(context: CommandContext<{ task: string }>): Promise<number> {
  const { task } = context.args
  const { withDaemon } = await import('../daemon/use-daemon.ts')
  const { requestRun } = await import('@bailiwick/bus')
  const reply = await withDaemon(context, (bus) => requestRun(bus, 'retry', { task }))
  context.print(context.json ? JSON.stringify(reply) : `Task ${reply.task} will be delivered again.`)
  return EXIT.ok
}
