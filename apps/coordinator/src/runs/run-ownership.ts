import { type Bus, copyArtifact, OPERATOR, type RunDetails, type RunRequest } from '@bailiwick/bus'
import { InputError } from '@bailiwick/contract'
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
 * Checks a named user's submission, and copies its files to where agents can read them. A user uploads to its own
 * bucket. If the request could name other files, it would read them for the user.
 *
 * @throws InputError for another user's file, fork or run id
 */
export async function acceptSubmission(
  bus: Bus,
  runs: Runs,
  request: RunRequest<'submit'>,
  by: string,
): Promise<RunRequest<'submit'>> {
  if (by === OPERATOR) return request
  const owner = await runs.owner(request.run)
  if (owner !== undefined && owner !== by) {
    throw new InputError(`Expected an unused run id, found "${request.run}". Choose another id.`)
  }
  if (request.fork !== undefined) await requireOwn(runs, request.fork.run, by)
  const foreign = request.inputs.find(({ artifact }) => artifact !== undefined && artifact.writer !== by)
  if (foreign !== undefined) {
    throw new InputError(
      `Expected a file that ${by} has uploaded as input ${foreign.name}, found a file of another writer.`,
    )
  }
  const inputs = request.inputs.map(async (input) => {
    if (input.artifact === undefined) return input
    const key = `${request.run}/${by}/${input.artifact.sha256.slice(0, 16)}/${input.artifact.name}`
    return { ...input, artifact: await copyArtifact(bus, input.artifact, { writer: OPERATOR, key }) }
  })
  return { ...request, inputs: await Promise.all(inputs) }
}

/** Copies the files of a run's result to where a named user can read them. */
export async function copyResultFiles(bus: Bus, details: RunDetails, by: string): Promise<RunDetails> {
  if (by === OPERATOR || details.result === undefined) return details
  const artifacts = details.result.artifacts.map((ref) =>
    copyArtifact(bus, ref, {
      writer: by,
      key: `${details.run}/${ref.writer}/${ref.sha256.slice(0, 16)}/${ref.name}`,
    }),
  )
  return { ...details, result: { ...details.result, artifacts: await Promise.all(artifacts) } }
}
