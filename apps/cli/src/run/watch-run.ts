import { type Bus, eventName, followEvents } from '@bailiwick/bus'
import { LiveTree } from '../show/live-tree.ts'
import { plainLine } from '../show/plain-lines.ts'
import { applyEvent, emptyRun, type ShownRun } from '../show/run-model.ts'

/** Where a run is shown. */
export interface RunScreen extends Disposable {
  readonly shown: ShownRun
  /** Shows a line of the command's own. */
  note(line: string): void
  /** Shows one event. */
  show(event: Parameters<typeof applyEvent>[2]): void
  /** Sequence after the last event shown: where to go on after a reconnect. */
  from: number | 'beginning'
}

/** A live tree on a terminal, plain lines elsewhere, the events themselves with `--json`. */
export function openScreen(
  run: string,
  json: boolean,
  stream: NodeJS.WriteStream = process.stderr,
): RunScreen {
  const shown = emptyRun(run)
  const tree = !json && stream.isTTY ? new LiveTree(stream, shown) : undefined
  return {
    shown,
    from: 'beginning',
    note(line) {
      if (tree === undefined) stream.write(`${line}\n`)
      else tree.note(line)
    },
    show(event) {
      const name = eventName(event.type)
      if (name === undefined) return
      applyEvent(shown, name, event)
      if (json) process.stdout.write(`${JSON.stringify(event)}\n`)
      const line = json || tree !== undefined ? undefined : plainLine(shown, name, event)
      if (line !== undefined) stream.write(`${line}\n`)
    },
    [Symbol.dispose]: () => tree?.[Symbol.dispose](),
  }
}

/** Shows a run's events until it has ended. */
export async function watchRun(bus: Bus, run: string, screen: RunScreen, signal: AbortSignal): Promise<void> {
  for await (const { sequence, event } of followEvents(bus, { from: screen.from, run, signal })) {
    screen.from = sequence + 1
    screen.show(event)
    if (eventName(event.type) === 'run.ended') return
  }
  signal.throwIfAborted()
}
