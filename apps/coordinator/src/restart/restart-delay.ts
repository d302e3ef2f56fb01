/** A life that is shorter counts as a quick death. Milliseconds. */
export const QUICK_MS = 5_000
/** The pause after the first quick death; each further one doubles it. Milliseconds. */
const FIRST_DELAY_MS = 200
/** The longest pause between two tries. Milliseconds. */
export const MAX_DELAY_MS = 60_000

/** The pause before the next start after a number of consecutive quick deaths, milliseconds. */
export function restartDelay(quickDeaths: number): number {
  return quickDeaths === 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** (quickDeaths - 1), MAX_DELAY_MS)
}
