/** Says nothing about the server: neither that it is well nor that it is down. */
class TrialGivenUp extends Error {}

/** The one call that tries a server which was left alone. Its own caller's abort is no answer of the server. */
export async function asTrial<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw signal.aborted ? new TrialGivenUp('the trial was aborted by its caller', { cause: error }) : error
  }
}

/** Whether a trial ended without an answer; its error's cause is what the caller is told. */
export function isGivenUp(error: unknown): error is Error {
  return error instanceof TrialGivenUp
}
