import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'

export const command: Command = {
  words: '<run>',
  count: [1, 1],
  details:
    'Its journals, events and files, for good: it can no longer be shown, replayed or forked. A run that is at work is canceled first. What is older than the configuration’s "streams" say goes by itself.',
  options: {},
  async run(context) {
    const [run = ''] = context.words
    const { withDaemon } = await import('../daemon/use-daemon.ts')
    const { requestRun } = await import('@bailiwick/bus')
    const reply = await withDaemon(context, (bus) => requestRun(bus, 'purge', { run }))
    const { messages } = reply
    const what = `${messages} ${messages === 1 ? 'message or file' : 'messages and files'}`
    context.print(context.json ? JSON.stringify(reply) : `run ${run} is deleted: ${what}`)
    return EXIT.ok
  },
}
