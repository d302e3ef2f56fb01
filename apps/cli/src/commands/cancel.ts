import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

export async function execute(
  context: CommandContext<{ run: string }, { reason: string | undefined }>,
): Promise<number> {
  const { run } = context.args
  const { reason } = context.options
  const { withDaemon } = await import('../daemon/use-daemon.ts')
  const { requestRun } = await import('@bailiwick/bus')
  const request = { run, ...(reason !== undefined && { reason }) }
  const reply = await withDaemon(context, (bus) => requestRun(bus, 'cancel', request, { waitMs: 15_000 }))
  context.print(context.json ? JSON.stringify(reply) : `run ${run} is ${reply.status}`)
  return EXIT.ok
}
