import { type Bus, type CloudEvent, eventEntry, eventName, followEvents } from '@bailiwick/bus'
import { visibleJson, visibleLine, visibleText } from '@bailiwick/contract'
import { LiveTree } from '../show/live-tree.ts'
import { logLine } from '../show/log-line.ts'
import { addToPicture, emptyPicture } from '../show/run-picture.ts'

/** Shows the progress of a run. */
export interface RunScreen extends Disposable {
  /** Shows a line of the command itself. */
  note(line: string): void
  /** Whether it can redraw. */
  readonly isTerminal: boolean
  /** On a terminal, shows a line that replaces the one before. Without a text, removes it. */
  status(text: string | undefined): void
  /** Shows one event. */
  show(event: CloudEvent): void
  /** Sequence after the last event shown, from which to continue after a reconnect. */
  from: number | 'beginning'
}

/** Shows a live tree on a terminal, lines of a log elsewhere, and the events themselves with `--json`. */
export function openScreen(
  run: string,
  json: boolean,
  stream: NodeJS.WriteStream = process.stderr,
): RunScreen {
  const picture = emptyPicture(run)
  const tree = !json && stream.isTTY ? new LiveTree(stream, picture) : undefined
  return {
    from: 'beginning',
    note(line) {
      if (tree === undefined) stream.write(`${visibleText(line)}\n`)
      else tree.note(line)
    },
    isTerminal: tree !== undefined,
    status: (text) => tree?.status(text),
    show(event) {
      if (json && eventName(event.type) !== undefined)
        process.stdout.write(`${visibleJson(JSON.stringify(event))}\n`)
      const entry = eventEntry(event)
      if (entry === undefined) return
      addToPicture(picture, event.task, entry)
      const line = json || tree !== undefined ? undefined : logLine(picture, event.task, entry)
      if (line !== undefined) stream.write(`${visibleLine(line)}\n`)
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
