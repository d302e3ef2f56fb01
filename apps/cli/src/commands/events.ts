import type { Bus } from '@bailiwick/bus'
import type { Command } from '../frame/command.ts'
import { EXIT } from '../frame/exit-codes.ts'
import { UsageError } from '../frame/usage-error.ts'

export const command: Command = {
  words: '',
  count: [0, 0],
  details: 'One line for each event, until Ctrl-C. With --json each line is the whole CloudEvent.',
  options: {
    run: { type: 'string', value: 'run', help: "this run's only, from its beginning" },
    all: { type: 'boolean', help: 'from the oldest that is kept, not from now on' },
    once: { type: 'boolean', help: 'with --run: end when the run has ended' },
  },
  async run(context) {
    const { options, signal, print, json } = context
    const run = typeof options.run === 'string' ? options.run : undefined
    if (options.once === true && run === undefined) throw new UsageError('--once goes with --run <run>')
    const { withDaemon } = await import('../daemon/use-daemon.ts')
    const { eventName, followEvents } = await import('@bailiwick/bus')
    await withDaemon(context, async (bus) => {
      if (run !== undefined) await checkRun(bus, run)
      const source = {
        from: options.all === true || run !== undefined ? ('beginning' as const) : ('new' as const),
        ...(run !== undefined && { run }),
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

/** @throws InputError where there is no such run. A reader may not ask, and waits for its first event. */
async function checkRun(bus: Bus, run: string): Promise<void> {
  const { requestRun } = await import('@bailiwick/bus')
  const { hasCode } = await import('@bailiwick/contract')
  try {
    await requestRun(bus, 'get', { run })
  } catch (error) {
    if (!hasCode(error, 'bus-forbidden')) throw error
  }
}
