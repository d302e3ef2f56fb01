import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '<task>',
  count: [1, 1],
  details:
    'The task goes on from its journal. One that was ended in the meantime stays ended: "bailiwick fork" begins it anew.',
  options: {},
  async run(context) {
    const [task = ''] = context.words
    const { withDaemon } = await import('../daemon/use-daemon.ts')
    const { requestRun } = await import('@bailiwick/bus')
    const reply = await withDaemon(context, (bus) => requestRun(bus, 'retry', { task }))
    context.print(context.json ? JSON.stringify(reply) : `${reply.task} is given out again`)
    return EXIT.ok
  },
}
