/** A share with its 95% confidence interval. */
export interface Share {
  value: number
  low: number
  high: number
}

const Z = 1.959964

/** Wilson's interval of `right` out of `count` independent attempts. Undefined without attempts. */
export function wilson(right: number, count: number): Share | undefined {
  if (count === 0) return undefined
  const share = right / count
  const spread = Z ** 2 / count
  const middle = (share + spread / 2) / (1 + spread)
  const half = (Z * Math.sqrt((share * (1 - share)) / count + spread / (4 * count))) / (1 + spread)
  return { value: share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

/** Resamples of {@link bootstrap}. */
const RESAMPLES = 2_000

/**
 * The mean share of right attempts with an interval from resampled tasks: attempts at the same task are alike, so
 * resampling them would promise too much. Seeded, so that the same results give the same interval.
 */
export function bootstrap(tasks: readonly { right: number; count: number }[]): Share | undefined {
  const shares = tasks.filter(({ count }) => count > 0).map(({ right, count }) => right / count)
  if (shares.length === 0) return undefined
  // Resamples of equal shares are equal, which would promise certainty.
  if (shares.every((share) => share === shares[0])) {
    return wilson(
      shares.reduce((sum, share) => sum + share, 0),
      shares.length,
    )
  }
  const random = mulberry32(shares.length)
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0
    for (let n = 0; n < shares.length; n += 1) sum += shares[Math.floor(random() * shares.length)] ?? 0
    return sum / shares.length
  }).sort((a, b) => a - b)
  const value = shares.reduce((sum, share) => sum + share, 0) / shares.length
  return {
    value,
    low: means[Math.floor(RESAMPLES * 0.025)] ?? 0,
    high: means[Math.ceil(RESAMPLES * 0.975) - 1] ?? 1,
  }
}

/** Random numbers in [0, 1) from a seed. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
