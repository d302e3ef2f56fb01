import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'

export async function execute(context: CommandContext): Promise<number> {
  const { withDaemon } = await import('../daemon/use-daemon.ts')
  const { requestRun } = await import('@bailiwick/bus')
  const { dead } = await withDaemon(context, (bus) => requestRun(bus, 'dead', {}))
  if (context.json) for (const task of dead) context.print(JSON.stringify(task))
  else if (dead.length === 0) context.note('No dead tasks.')
  else
    for (const { task, run, agent, attempts, at, reason } of dead) {
      const times = attempts === 1 ? 'once' : `${attempts} times`
      context.print(
        `${task} of run ${run} for ${agent}, delivered ${times}, ${new Date(at).toISOString()}: ${reason}`,
      )
    }
  return EXIT.ok
}
