const LONGEST = 64

/** The candidate that is closest to a misspelt name, within a third of its length; undefined where none is. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST) return undefined
  let best: string | undefined
  let least = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate.length > LONGEST || candidate === name) continue
    const apart = distance(name.toLowerCase(), candidate.toLowerCase())
    if (apart < least) {
      least = apart
      best = candidate
    }
  }
  return best
}

/** Edits, transpositions included, between two short texts. */
function distance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let at = 1; at <= one.length; at += 1) {
    const next = [at]
    for (let index = 1; index <= other.length; index += 1) {
      const same = one[at - 1] === other[index - 1]
      let cost = Math.min(
        (row[index] ?? 0) + 1,
        (next[index - 1] ?? 0) + 1,
        (row[index - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped = one[at - 1] === other[index - 2] && one[at - 2] === other[index - 1]
      if (at > 1 && index > 1 && swapped) cost = Math.min(cost, (before[index - 2] ?? 0) + 1)
      next.push(cost)
    }
    before = row
    row = next
  }
  return row[other.length] ?? 0
}
