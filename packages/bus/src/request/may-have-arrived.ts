import { BailiwickError } from '@bailiwick/contract'

/** Errors of a request that was sent, but whose reply did not come or was not understood. */
const UNDECIDED = ['no-reply', 'bus-unreachable', 'bus-auth', 'bad-reply']

/**
 * Whether a request may have been carried out although it failed with this error. Any error without a code counts. If the
 * request was aborted, ask the signal instead.
 */
export function mayHaveArrived(error: unknown): boolean {
  return !BailiwickError.isInstance(error) || UNDECIDED.includes(error.code)
}
