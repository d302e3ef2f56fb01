const FIRST_MS = 500
const MAX_MS = 20_000
/** If a server asks for a longer pause, the call fails: the task may have a fallback or other work. */
const MAX_RETRY_AFTER_MS = 60_000

/**
 * Milliseconds before the next attempt, after `failed` attempts. Uses full jitter, which is a random time up to a
 * bound that doubles, so that processes that failed together do not retry together. Adds jitter to the pause that
 * the server asks for. Returns undefined if that pause is too long.
 */
export function retryPause(
  failed: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number | undefined {
  if (retryAfterMs === undefined) return random() * Math.min(MAX_MS, FIRST_MS * 2 ** (failed - 1))
  return retryAfterMs > MAX_RETRY_AFTER_MS ? undefined : retryAfterMs + random() * FIRST_MS
}
