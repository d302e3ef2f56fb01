import {
  mayHaveArrived,
  type RunDetails,
  type RunRequestInput,
  removeArtifacts,
  requestRun,
} from '@bailiwick/bus'
import { newRunId } from '@bailiwick/client'
import type { Fork, Plan } from '@bailiwick/contract'
import type { DaemonAddress } from '@bailiwick/coordinator/config/daemon-address'
import { readableAnswer } from '@bailiwick/core'
import type { CommandContext } from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { askLocal } from '../daemon/ask-local.ts'
import { type ConnectionOptions, DaemonConnection } from '../daemon/daemon-connection.ts'
import { adviceOf, type InputFile, type UploadedInput, uploadInputs } from './inputs.ts'
import { writeOutputs } from './outputs.ts'
import { TransferProgress } from './transfer-progress.ts'
import { openScreen, type RunScreen, watchRun } from './watch-run.ts'

/** The run that the command line asks for. */
export interface RunOrder {
  text: string
  files: readonly InputFile[]
  /** Name of an agent of the team that gets the whole task. */
  agent?: string | undefined
  /** Path of an agent that gets the whole task. It need not be in the team. */
  agentFile?: string | undefined
  strategy?: 'auto' | 'plan' | 'direct' | undefined
  /** Continues from a step of another task. */
  fork?: Fork
  /** Ends with the plan as the answer. */
  planOnly?: boolean
  /** Uses this plan instead of making one. */
  plan?: Plan
  /** Folder for the answer and the files, from `openOutFolder`. */
  out?: string | undefined
}

/**
 * Submits a run, shows its progress, and prints or writes its result. Starts a daemon for the run if none is running.
 * The first Ctrl-C cancels the run, a second one ends the command.
 *
 * @returns the exit code
 */
export async function runTask(
  context: CommandContext,
  connection: Omit<ConnectionOptions, 'note' | 'signal'>,
  order: RunOrder,
): Promise<number> {
  const { details, written } = await performRun(context, connection, order)
  printResult(context, details, order.out, written)
  return exitCode(details, context.signal.aborted)
}

/** Submits a run, shows its progress, and writes its files. Prints no result. */
export async function performRun(
  context: CommandContext,
  options: Omit<ConnectionOptions, 'note' | 'signal'>,
  order: RunOrder,
): Promise<{ details: RunDetails; written: string[] }> {
  const { json, signal } = context
  const run = newRunId()
  using screen = openScreen(run, json)
  const note = (line: string) => screen.note(line)
  for (const file of order.files) {
    const advice = adviceOf(file)
    if (advice !== undefined) note(`${file.option}: ${file.file}: ${advice}`)
  }
  await using connection = await DaemonConnection.open({ ...options, note, signal })
  signal.throwIfAborted()
  const cancel = () => {
    screen.note('Canceling. Press Ctrl-C again to exit now.')
    // The watch reports how the run ends. This request fails only if it has ended already.
    requestRun(connection.bus, 'cancel', { run, reason: 'Ctrl-C' }, { waitMs: 15_000 }).catch(() => {})
  }
  await submit(connection, { run, order, screen, signal })
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  try {
    await connection.use((bus, died) => watchRun(bus, run, screen, died))
  } finally {
    signal.removeEventListener('abort', cancel)
  }
  screen[Symbol.dispose]()
  const details = await connection.use((bus) => requestRun(bus, 'get', { run }))
  const written =
    order.out === undefined ? [] : await writeOutputs(connection.bus, details, order.out, context.note)
  return { details, written }
}

/**
 * Uploads the files and submits the run. Until the run is submitted, an error or Ctrl-C deletes what was uploaded.
 *
 * @throws the signal's reason when aborted before the run was submitted
 */
async function submit(
  connection: DaemonConnection,
  { run, order, screen, signal }: { run: string; order: RunOrder; screen: RunScreen; signal: AbortSignal },
): Promise<void> {
  const { files, text, strategy, fork, planOnly, plan } = order
  // If the daemon dies during an upload, the next one has the files that are complete.
  const stored = new Map<InputFile, UploadedInput>()
  using progress = new TransferProgress(screen, 'Uploading', files)
  const options = {
    signal,
    stored,
    onProgress: (bytes: number) => progress.update(bytes),
  }
  let isUndecided = false
  try {
    await connection.use(async (bus, _died, address) => {
      const agent = await agentOf(address, order)
      const inputs = await uploadInputs(bus, run, files, options)
      progress.end()
      signal.throwIfAborted()
      const request: RunRequestInput<'submit'> = {
        run,
        text,
        inputs,
        ...(agent !== undefined && { agent }),
        ...(strategy !== undefined && { strategy }),
        ...(fork !== undefined && { fork }),
        ...(planOnly !== undefined && { planOnly }),
        ...(plan !== undefined && { plan }),
      }
      await requestRun(bus, 'submit', request).catch((error: unknown) => {
        isUndecided = mayHaveArrived(error)
        throw error
      })
    })
  } catch (error) {
    // The run may have started with these files.
    if (isUndecided) throw error
    const refs = [...stored.values()].map(({ artifact }) => artifact)
    // The first error says more. The toolbox deletes files of runs that nobody submitted after a while anyway.
    await removeArtifacts(connection.bus, refs).catch(() => {})
    throw error
  }
}

async function agentOf(address: DaemonAddress, order: RunOrder): Promise<string | undefined> {
  if (order.agentFile === undefined) return order.agent
  return (await askLocal(address, { op: 'host', file: order.agentFile })).agent
}

/** Prints the answer of a run, or the names of the files that were written. */
export function printResult(
  context: CommandContext,
  details: RunDetails,
  out: string | undefined,
  written: string[],
): void {
  const { json, print, note } = context
  const { result } = details
  if (json) {
    const files = out !== undefined && { out, files: written }
    print(JSON.stringify({ run: details.run, ...result, ...files }))
    return
  }
  if (result?.error !== undefined) note(`${result.status}: ${result.error.message}`)
  if (out !== undefined) {
    print(`${out}: ${written.join(', ')}`)
    return
  }
  const answer = result?.answer === undefined ? undefined : readableAnswer(result.answer)
  if (answer !== undefined) print(answer.text)
  const names = (result?.artifacts ?? []).map(({ name }) => name)
  if (answer?.data !== undefined) names.push('answer.json (the data of the answer)')
  if (names.length > 0) {
    note(`files: ${names.join(', ')}\nTo write them: bailiwick show ${details.run} --out <dir>`)
  }
}

/** Returns the exit code for a run that has ended. */
export function exitCode({ status }: RunDetails, interrupted: boolean): number {
  if (status === 'completed') return EXIT.ok
  if (status === 'canceled') return interrupted ? EXIT.interrupted : EXIT.canceled
  return EXIT.runFailed
}
