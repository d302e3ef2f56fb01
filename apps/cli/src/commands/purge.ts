import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

export async function execute(context: CommandContext<{ run: string }>): Promise<number> {
  const { run } = context.args
  const { withDaemon } = await import('../daemon/use-daemon.ts')
  const { requestRun } = await import('@bailiwick/bus')
  const reply = await withDaemon(context, (bus) => requestRun(bus, 'purge', { run }))
  const { messages } = reply
  const count = `${messages} ${messages === 1 ? 'message or file' : 'messages and files'}`
  context.print(context.json ? JSON.stringify(reply) : `Deleted run ${run}: ${count}.`)
  return EXIT.ok
}
