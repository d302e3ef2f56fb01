import { type Bus, type RunDetails, type RunRequestInput, requestRun } from '@bailiwick/bus'
import { newRunId } from '@bailiwick/client'
import type { Fork, Plan } from '@bailiwick/contract'
import type { DaemonAddress } from '@bailiwick/coordinator/config/daemon-address'
import { makeFolder } from '@bailiwick/coordinator/config/make-folder'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { askLocal } from '../daemon/ask-local.ts'
import { type ConnectionOptions, DaemonConnection } from '../daemon/daemon-connection.ts'
import type { InputFile } from './read-inputs.ts'
import { uploadInputs } from './upload-inputs.ts'
import { openScreen, watchRun } from './watch-run.ts'
import { answerText, writeOutputs } from './write-outputs.ts'

/** What to run, as the command line says. */
export interface RunOrder {
  text: string
  files: readonly InputFile[]
  agent?: string | undefined
  /** An agent that need not be in the team: its file. */
  agentFile?: string | undefined
  strategy?: 'plan' | 'direct' | undefined
  /** Goes on from a step of another task. */
  fork?: Fork
  /** Ends with the plan as the answer. */
  planOnly?: boolean
  /** A plan that was made before. */
  plan?: Plan
  /** Folder for what the run gives. */
  out?: string | undefined
}

/**
 * Submits a run, shows it, and writes what it gave. Without a daemon one lives for the length of it. The
 * first Ctrl-C cancels the run; another ends the command at once.
 *
 * @returns the exit code
 */
export async function runTask(
  context: CommandContext,
  spawn: Omit<ConnectionOptions, 'note' | 'signal'>,
  order: RunOrder,
): Promise<number> {
  const { view, written } = await performRun(context, spawn, order)
  tell(context, view, order.out, written)
  return exitCode(view, context.signal.aborted)
}

/** Submits a run, shows it, writes what it gave, and says what that was to nobody but the caller. */
export async function performRun(
  context: CommandContext,
  spawn: Omit<ConnectionOptions, 'note' | 'signal'>,
  order: RunOrder,
): Promise<{ view: RunDetails; written: string[] }> {
  const { json, signal } = context
  if (order.out !== undefined) makeFolder(order.out, '--out')
  const run = newRunId()
  using screen = openScreen(run, json)
  const note = (line: string) => screen.note(line)
  await using daemon = await DaemonConnection.open({ ...spawn, note, signal })
  signal.throwIfAborted()
  const cancel = () => {
    screen.note('canceling; Ctrl-C again ends at once')
    // The watch sees the end; an error here is that the run has ended already.
    requestRun(daemon.bus, 'cancel', { run, reason: 'Ctrl-C' }, { waitMs: 15_000 }).catch(() => {})
  }
  await daemon.hold((bus, _died, address) => submit(bus, address, run, order))
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  try {
    await daemon.hold((bus, died) => watchRun(bus, run, screen, died))
  } finally {
    signal.removeEventListener('abort', cancel) // There is nothing to cancel any more.
  }
  screen[Symbol.dispose]()
  const view = await daemon.hold((bus) => requestRun(bus, 'get', { run }))
  const written = order.out === undefined ? [] : await writeOutputs(daemon.bus, view, order.out)
  return { view, written }
}

async function submit(bus: Bus, address: DaemonAddress, run: string, order: RunOrder): Promise<void> {
  const agent = order.agentFile === undefined ? order.agent : await hostFile(address, order.agentFile)
  const request: RunRequestInput<'submit'> = {
    run,
    text: order.text,
    inputs: await uploadInputs(bus, run, order.files),
    ...(agent !== undefined && { agent }),
    ...(order.strategy !== undefined && { strategy: order.strategy }),
    ...(order.fork !== undefined && { fork: order.fork }),
    ...(order.planOnly !== undefined && { planOnly: order.planOnly }),
    ...(order.plan !== undefined && { plan: order.plan }),
  }
  await requestRun(bus, 'submit', request)
}

/** Has the daemon take an agent into the team. @returns its name */
async function hostFile(address: DaemonAddress, file: string): Promise<string | undefined> {
  return (await askLocal(address, { op: 'host', file })).agent
}

export function tell(
  context: CommandContext,
  view: RunDetails,
  out: string | undefined,
  written: string[],
): void {
  const { json, print, note } = context
  const { result } = view
  if (json) {
    const files = out === undefined ? {} : { out, files: written }
    print(JSON.stringify({ run: view.run, ...result, ...files }))
    return
  }
  if (result?.error !== undefined) note(`${result.status}: ${result.error.message}`)
  if (out === undefined && result?.answer !== undefined) print(answerText(result.answer))
  if (out !== undefined) print(`${out}: ${written.join(', ')}`)
  const kept = out === undefined ? (result?.artifacts ?? []) : []
  if (kept.length > 0)
    note(`files: ${kept.map(({ name }) => name).join(', ')} (with --out <folder> they are written there)`)
}

export function exitCode(view: RunDetails, interrupted: boolean): number {
  if (view.status === 'completed') return EXIT.ok
  if (view.status === 'canceled') return interrupted ? EXIT.interrupted : EXIT.canceled
  return EXIT.runFailed
}
