import type { Bus } from '@bailiwick/bus'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { UsageError } from '../command/usage-error.ts'

interface Options {
  run: string | undefined
  all: boolean
  once: boolean
}

export async function execute(context: CommandContext<object, Options>): Promise<number> {
  const { signal, print, json } = context
  const { run, all, once } = context.options
  if (once && run === undefined) {
    throw new UsageError('--once needs a run to wait for. Add --run <run>.')
  }
  const { withDaemon } = await import('../daemon/use-daemon.ts')
  const { eventName, followEvents } = await import('@bailiwick/bus')
  const { visibleLine } = await import('@bailiwick/contract')
  await withDaemon(context, async (bus) => {
    if (run !== undefined) await checkRun(bus, run)
    const source = {
      from: all || run !== undefined ? ('beginning' as const) : ('new' as const),
      ...(run !== undefined && { run }),
      signal,
    }
    for await (const { event } of followEvents(bus, source)) {
      const name = eventName(event.type) ?? event.type
      const line = `${event.time}  ${name.padEnd(20)}  ${event.subject}  ${event.agent}`
      print(json ? JSON.stringify(event) : visibleLine(line))
      if (once && name === 'run.ended') return
    }
  })
  return EXIT.ok
}

/** Throws InputError if the run does not exist. A reader has no permission to ask, so it waits for the first event. */
async function checkRun(bus: Bus, run: string): Promise<void> {
  const { requestRun } = await import('@bailiwick/bus')
  const { hasCode } = await import('@bailiwick/contract')
  try {
    await requestRun(bus, 'get', { run })
  } catch (error) {
    if (!hasCode(error, 'bus-forbidden')) throw error
  }
}
