import { checkInputName, type RunReply, type RunRequestInput, requestRun } from '@bailiwick/bus'
import type { Client } from './connect.ts'
import { newRunId } from './run-id.ts'
import { type FileContent, uploadFiles } from './upload-files.ts'

/** What is asked for. */
export interface NewRun {
  /** The task, in words. */
  text: string
  /** Files that go with it, by file name. No path crosses the bus: give their content. */
  files?: Record<string, FileContent>
  /** Values that go with it, by name. JSON. */
  values?: Record<string, unknown>
  /** The run's id, for submitting again what may have been submitted: it is one run. Default: a new one. */
  run?: string
  /** `plan`: split among the team (the default); `direct`: the whole of it to one agent. */
  strategy?: 'plan' | 'direct'
  /** With `direct`: which agent. */
  agent?: string
  budget?: NonNullable<RunRequestInput<'submit'>['budget']>
  /** Whether figures in the answer must be references to results. */
  references?: boolean
}

/**
 * Asks for a run. When this returns, the run is admitted: it survives the death of any process.
 * `duplicate` says that the id was known already.
 *
 * @throws BusError `no-responder` when no coordinator is running; what the coordinator refuses it for.
 * @example
 * const { run } = await submitRun(client, { text: 'How many rows?', files: { 'a.csv': 'x\n1\n' } })
 */
export async function submitRun(
  client: Client,
  request: NewRun,
  options: { signal?: AbortSignal } = {},
): Promise<RunReply<'submit'>> {
  const { files = {}, values = {}, run = newRunId(), ...rest } = request
  for (const name of Object.keys(values)) checkInputName(name)
  const uploaded = await uploadFiles(client, run, files, options.signal)
  const given = Object.entries(values).map(([name, value]) => {
    return { name, value, description: `${name}: ${JSON.stringify(value).slice(0, 600)}` }
  })
  return requestRun(client, 'submit', { ...rest, run, inputs: [...uploaded, ...given] }, options)
}
