import type { Command } from './frame/command.ts'
import { EXIT } from './frame/exit-codes.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  summary: 'print what happens, as CloudEvents',
  details: 'One line for each event, until Ctrl-C. With --json each line is the whole CloudEvent.',
  options: {
    run: { type: 'string', value: 'run', help: "this run's only" },
    all: { type: 'boolean', help: 'from the oldest that is kept, not from now on' },
    once: { type: 'boolean', help: 'with --run: end when the run has ended' },
  },
  async run(context) {
    const { options, signal, print, json } = context
    const { withDaemon } = await import('./daemon/use-daemon.ts')
    const { eventName, followEvents } = await import('@bailiwick/bus')
    await withDaemon(context, async (bus) => {
      const source = {
        from: options.all === true ? ('beginning' as const) : ('new' as const),
        ...(typeof options.run === 'string' ? { run: options.run } : {}),
        signal,
      }
      for await (const { event } of followEvents(bus, source)) {
        const name = eventName(event.type) ?? event.type
        print(
          json
            ? JSON.stringify(event)
            : `${event.time}  ${name.padEnd(20)}  ${event.subject}  ${event.agent}`,
        )
        if (options.once === true && name === 'run.ended') return
      }
    })
    return EXIT.ok
  },
}
