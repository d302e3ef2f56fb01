/** The middle value. */
export function median(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** The time of each of `rounds` runs in ms, after `warm` uncounted ones. */
export async function times(
  rounds: number,
  run: () => unknown,
  warm = Math.ceil(rounds / 5),
): Promise<number[]> {
  const measured: number[] = []
  for (let round = 0; round < warm + rounds; round += 1) {
    const began = performance.now()
    await run()
    if (round >= warm) measured.push(performance.now() - began)
  }
  return measured
}
