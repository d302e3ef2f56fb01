import { type Bus, findEntry, OPERATOR, parseKey, type RunRequest } from '@bailiwick/bus'
import { type ArtifactRef, fileNameProblem, InputError } from '@bailiwick/contract'
import type { Runs } from './runs.ts'

/**
 * Allows a named user only its own runs, and the operator all runs.
 *
 * @throws InputError that does not tell whether the run exists
 */
export async function requireOwn(runs: Runs, run: string, by: string): Promise<void> {
  if (by !== OPERATOR && (await runs.owner(run)) !== by) {
    throw new InputError(`Expected one of your runs, found "${run}". List your runs to see them.`)
  }
}

/** Allows only the operator. @throws InputError for a named user */
export function requireOperator(subject: string, by: string): void {
  if (by !== OPERATOR) throw new InputError(`${subject} is not available to named users. Ask the operator.`)
}

/**
 * Checks a submission. Its files must have been uploaded for this run by this user: tasks of the run can read no others.
 *
 * @throws InputError for another user's run id or fork, or a file that is not stored for this run
 */
export async function requireOwnSubmission(
  bus: Bus,
  runs: Runs,
  request: RunRequest<'submit'>,
  by: string,
): Promise<void> {
  const { run, inputs, fork } = request
  const files = inputs.filter(({ artifact }) => artifact !== undefined)
  if (by === OPERATOR && files.length === 0) return
  const owner = await runs.owner(run)
  if (by !== OPERATOR) {
    if (owner !== undefined && owner !== by) {
      throw new InputError(`Expected an unused run id, found "${run}". Choose another id.`)
    }
    if (fork !== undefined) await requireOwn(runs, fork.run, by)
  }
  // The same submission again changes nothing, so its files do not matter.
  if (owner !== undefined) return
  for (const { name, artifact } of files) {
    if (artifact !== undefined) await requireUpload(bus, { run, name, by }, artifact)
  }
}

async function requireUpload(
  bus: Bus,
  { run, name, by }: { run: string; name: string; by: string },
  ref: ArtifactRef,
): Promise<void> {
  const problem = fileNameProblem(ref.name)
  if (problem !== undefined) throw new InputError(`Input ${name}: ${problem}`)
  const key = parseKey(ref.key)
  if (key?.kind !== 'file' || key.scope !== run || key.owner !== by) {
    throw new InputError(
      `Expected a file that ${by} has uploaded for run ${run} as input ${name}, found ${ref.key}. Upload it for this run.`,
    )
  }
  const entry = await findEntry(bus, key)
  if (entry?.size === ref.size && entry.sha256 === ref.sha256) return
  const found = entry === undefined ? 'no complete file' : `${entry.size} bytes with sha256 ${entry.sha256}`
  throw new InputError(
    `Expected ${ref.size} bytes with sha256 ${ref.sha256} as input ${name}, found ${found}. Upload it again.`,
  )
}
