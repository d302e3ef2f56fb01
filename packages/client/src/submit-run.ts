import {
  checkInputName,
  mayHaveArrived,
  type RunReply,
  type RunRequestInput,
  removeArtifacts,
  requestRun,
} from '@bailiwick/bus'
import type { Client } from './connect.ts'
import { newRunId } from './run-id.ts'
import { type FileContent, type UploadedInput, uploadFiles } from './upload-files.ts'

/** A run to submit. */
export interface NewRun {
  /** The task in words. */
  text: string
  /** The contents of input files, by file name. */
  files?: Record<string, FileContent>
  /** Input values by name: JSON. */
  values?: Record<string, unknown>
  /** The run's id. Submitting the same id again does not start a second run. Default: a new id. */
  run?: string
  /**
   * `plan` splits the task among the team; `direct` gives all of it to one agent. `auto`, the default, does without a
   * planner if only one agent can take the task, and otherwise lets the planner decide.
   */
  strategy?: 'auto' | 'plan' | 'direct'
  /** The agent that gets the whole task. */
  agent?: string
  /** Limits of the whole run. */
  budget?: NonNullable<RunRequestInput<'submit'>['budget']>
}

/**
 * Uploads the files and submits the run. After this returns, the run is in the journal and survives the death of any
 * process. The reply's `duplicate` is true if the id was submitted before. If an upload fails or the coordinator refuses
 * the run, the files are deleted.
 *
 * @throws BusError `no-responder` if no coordinator is running, or the coordinator's refusal; InputError for an
 * unusable input name.
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
  const given = await describedValues(values)
  const uploaded: UploadedInput[] = []
  const removeAll = () =>
    removeArtifacts(
      client,
      uploaded.map(({ artifact }) => artifact),
    ).catch(() => {}) // The first error says more, and the toolbox deletes them after a day.
  try {
    await uploadFiles(client, run, files, { ...options, uploaded })
  } catch (error) {
    await removeAll()
    throw error
  }
  try {
    return await requestRun(client, 'submit', { ...rest, run, inputs: [...uploaded, ...given] }, options)
  } catch (error) {
    if (options.signal?.aborted !== true && !mayHaveArrived(error)) await removeAll()
    throw error
  }
}

async function describedValues(values: Record<string, unknown>) {
  const entries = Object.entries(values)
  if (entries.length === 0) return []
  const { describeInput } = await import('@bailiwick/core/inputs')
  return entries.map(([name, value]) => ({ name, value, description: describeInput(name, value) }))
}
