import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  details:
    'Rejected by a host, or given out as often as a task may be. "bailiwick retry <task>" gives one out again.',
  options: {},
  async run(context) {
    const { withDaemon } = await import('../daemon/use-daemon.ts')
    const { requestRun } = await import('@bailiwick/bus')
    const { dead } = await withDaemon(context, (bus) => requestRun(bus, 'dead', {}))
    if (context.json) for (const task of dead) context.print(JSON.stringify(task))
    else if (dead.length === 0) context.print('no task is dead')
    else
      for (const { task, run, agent, attempts, at, reason } of dead) {
        const times = `${attempts} ${attempts === 1 ? 'time' : 'times'}`
        context.print(
          `${task} of run ${run}, for ${agent}, given out ${times}, ${new Date(at).toISOString()}: ${reason}`,
        )
      }
    return EXIT.ok
  },
}
