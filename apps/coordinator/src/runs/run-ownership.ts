import { OPERATOR, parseKey, type RunRequest } from '@bailiwick/bus'
import { fileNameProblem, InputError } from '@bailiwick/contract'
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
 * @throws InputError for another user's run id or fork, or a file that was not uploaded for this run
 */
export async function requireOwnSubmission(
  runs: Runs,
  request: RunRequest<'submit'>,
  by: string,
): Promise<void> {
  const { run, inputs, fork } = request
  if (by !== OPERATOR) {
    const owner = await runs.owner(run)
    if (owner !== undefined && owner !== by) {
      throw new InputError(`Expected an unused run id, found "${run}". Choose another id.`)
    }
    if (fork !== undefined) await requireOwn(runs, fork.run, by)
  }
  for (const { name, artifact } of inputs) {
    if (artifact === undefined) continue
    const problem = fileNameProblem(artifact.name)
    if (problem !== undefined) throw new InputError(`Input ${name}: ${problem}`)
    const key = parseKey(artifact.key)
    if (key?.kind === 'file' && key.scope === run && key.owner === by) continue
    throw new InputError(
      `Expected a file that ${by} has uploaded for run ${run} as input ${name}, found ${artifact.key}. Upload it for this run.`,
    )
  }
}
