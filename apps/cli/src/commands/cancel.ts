import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '<run>',
  count: [1, 1],
  details: 'Everything the run has at work is stopped. What was done stays in its journal.',
  options: { reason: { type: 'string', value: 'text', help: 'why, for the journal' } },
  async run(context) {
    const [run = ''] = context.words
    const { withDaemon } = await import('../daemon/use-daemon.ts')
    const { requestRun } = await import('@bailiwick/bus')
    const { reason } = context.options
    const request = { run, ...(typeof reason === 'string' && { reason }) }
    const reply = await withDaemon(context, (bus) => requestRun(bus, 'cancel', request, { waitMs: 15_000 }))
    context.print(context.json ? JSON.stringify(reply) : `run ${run} is ${reply.status}`)
    return EXIT.ok
  },
}
