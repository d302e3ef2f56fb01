const FIRST_MS = 500
const MAX_MS = 20_000
/** A server that wants more than this is not waited for: the task has something better to do, or a fallback. */
const MAX_ASKED_MS = 60_000

/**
 * Milliseconds before the next attempt, after `failed` attempts. Full jitter: anything between nothing and
 * a bound that doubles, so that processes that failed together do not come back together. What the server
 * asked for is kept, with the jitter on top. `undefined`: it asks for more than is worth waiting for.
 */
export function retryPause(
  failed: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number | undefined {
  if (retryAfterMs === undefined) return random() * Math.min(MAX_MS, FIRST_MS * 2 ** (failed - 1))
  return retryAfterMs > MAX_ASKED_MS ? undefined : retryAfterMs + random() * FIRST_MS
}
