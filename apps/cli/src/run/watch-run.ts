import { type Bus, type CloudEvent, eventEntry, eventName, followEvents, followLive } from '@bailiwick/bus'
import { type AgentEvent, visibleJson, visibleLine, visibleText } from '@bailiwick/contract'
import { LiveTree } from '../show/live-tree.ts'
import { logLine } from '../show/log-line.ts'
import { addToPicture, emptyPicture } from '../show/run-picture.ts'

/** A task waits until it asks its model again. */
type ModelWait = Extract<AgentEvent, { type: 'waiting' }>

/** A task that waits for longer, in one pause or several, is shown. Milliseconds. */
const LONG_WAIT_MS = 2_000
/** Many tasks may wait for one model, so one line for all of them is shown this often. Milliseconds. */
const WAIT_LINE_EVERY_MS = 5_000

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
  /** Shows what a task waits for, unless the wait is short. */
  wait(task: string, wait: ModelWait): void
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
  /** When each waiting task began to. */
  const waiting = new Map<string, number>()
  let waitLineAt = 0
  const note = (line: string) => {
    if (tree === undefined) stream.write(`${visibleText(line)}\n`)
    else tree.note(line)
  }
  return {
    from: 'beginning',
    note,
    isTerminal: tree !== undefined,
    status: (text) => tree?.status(text),
    show(event) {
      if (json && eventName(event.type) !== undefined)
        process.stdout.write(`${visibleJson(JSON.stringify(event))}\n`)
      const entry = eventEntry(event)
      if (entry === undefined) return
      if (entry.type === 'step.replied' || entry.type === 'task.ended') waiting.delete(event.task)
      addToPicture(picture, event.task, entry)
      const line = json || tree !== undefined ? undefined : logLine(picture, event.task, entry)
      if (line !== undefined) stream.write(`${visibleLine(line)}\n`)
    },
    wait(task, { agent, text, ms }) {
      const now = Date.now()
      const since = waiting.get(task) ?? now
      waiting.set(task, since)
      if (json || now < waitLineAt || now + ms < since + LONG_WAIT_MS) return
      waitLineAt = now + WAIT_LINE_EVERY_MS
      note(`${picture.tasks.get(task)?.created.name ?? task} (${agent}) waits for ${text}`)
    },
    [Symbol.dispose]: () => tree?.[Symbol.dispose](),
  }
}

/** Shows a run's events until it has ended. */
export async function watchRun(bus: Bus, run: string, screen: RunScreen, signal: AbortSignal): Promise<void> {
  const ended = new AbortController()
  // If it fails, so do the events, which say why.
  const waits = showWaits(bus, run, screen, AbortSignal.any([signal, ended.signal])).catch(() => {})
  try {
    for await (const { sequence, event } of followEvents(bus, { from: screen.from, run, signal })) {
      screen.from = sequence + 1
      screen.show(event)
      if (eventName(event.type) === 'run.ended') return
    }
    signal.throwIfAborted()
  } finally {
    ended.abort()
    await waits
  }
}

async function showWaits(bus: Bus, run: string, screen: RunScreen, signal: AbortSignal): Promise<void> {
  for await (const { task, event } of followLive(bus, { run, signal })) {
    if (event.type === 'waiting') screen.wait(task, event)
  }
}
