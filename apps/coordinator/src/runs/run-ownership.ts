import { type Bus, copyArtifact, OPERATOR, type RunDetails, type RunRequest } from '@bailiwick/bus'
import { InputError } from '@bailiwick/contract'
import type { Runs } from './runs.ts'

/** Lets the operator ask about any run, and a named user about its own: of others it does not even hear. */
export async function requireOwn(runs: Runs, run: string, by: string): Promise<void> {
  if (by !== OPERATOR && (await runs.owner(run)) !== by) {
    throw new InputError(`no run ${run} of yours; listing your runs shows those there are`)
  }
}

/** Refuses what concerns the daemon as a whole, or everybody's runs. */
export function requireOperator(what: string, by: string): void {
  if (by !== OPERATOR) throw new InputError(`${what} is not for named users: ask whoever runs the daemon`)
}

/**
 * A named user's request, with its files where agents read them. They are kept there once more: what a user
 * uploads is in a bucket that is its own, and a request that names other files would read them for it.
 *
 * @throws InputError for somebody else's file, fork or run id
 */
export async function admitOwn(
  bus: Bus,
  runs: Runs,
  request: RunRequest<'submit'>,
  by: string,
): Promise<RunRequest<'submit'>> {
  if (by === OPERATOR) return request
  const owner = await runs.owner(request.run)
  if (owner !== undefined && owner !== by)
    throw new InputError(`the id ${request.run} is taken: choose another`)
  if (request.fork !== undefined) await requireOwn(runs, request.fork.run, by)
  const foreign = request.inputs.find(({ artifact }) => artifact !== undefined && artifact.writer !== by)
  if (foreign !== undefined) {
    throw new InputError(`the input ${foreign.name} is no file of yours: upload it as the writer ${by}`)
  }
  const inputs = request.inputs.map(async (input) => {
    if (input.artifact === undefined) return input
    const key = `${request.run}/${by}/${input.artifact.sha256.slice(0, 16)}/${input.artifact.name}`
    return { ...input, artifact: await copyArtifact(bus, input.artifact, { writer: OPERATOR, key }) }
  })
  return { ...request, inputs: await Promise.all(inputs) }
}

/** What is known of a run, with the files of its result where who asks may read them. */
export async function bringResults(bus: Bus, view: RunDetails, by: string): Promise<RunDetails> {
  if (by === OPERATOR || view.result === undefined) return view
  const artifacts = view.result.artifacts.map((ref) =>
    copyArtifact(bus, ref, {
      writer: by,
      key: `${view.run}/${ref.writer}/${ref.sha256.slice(0, 16)}/${ref.name}`,
    }),
  )
  return { ...view, result: { ...view.result, artifacts: await Promise.all(artifacts) } }
}
