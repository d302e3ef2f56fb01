const FIRST_MS = 500
const MAX_MS = 20_000

/**
 * Milliseconds before the next attempt, after `failed` attempts. Uses full jitter, which is a random time up to a
 * bound that doubles, so that processes that failed together do not retry together. If the server asks for a pause, the
 * random time comes after it.
 */
export function retryPause(
  failed: number,
  retryAfterMs: number | undefined,
  random: () => number = Math.random,
): number {
  return (retryAfterMs ?? 0) + random() * Math.min(MAX_MS, FIRST_MS * 2 ** (failed - 1))
}
