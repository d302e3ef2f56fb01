/** The known names that a wrong one may have meant, best first; at most three. */
export function nearestNames(wrong: string, known: readonly string[]): string[] {
  const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  const wanted = plain(wrong)
  return known
    .map((name) => ({ name, far: distance(wanted, plain(name)) }))
    .filter(({ name, far }) => {
      const near = plain(name)
      return (
        // Two names of two letters are never further apart than two: one letter at least must be right.
        (far <= Math.max(2, near.length / 3) && far < wanted.length) ||
        (wanted.length > 3 && (near.includes(wanted) || wanted.includes(near)))
      )
    })
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Levenshtein distance; only the first 64 characters count. */
function distance(a: string, b: string): number {
  const [left, right] = [a.slice(0, 64), b.slice(0, 64)]
  let row = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= right.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[right.length] ?? 0
}

/** That a name is unknown, what it may have meant, and which there are. */
export function unknownName(kind: string, wrong: string, known: readonly string[]): string {
  const there = `there is no ${kind} "${wrong}"`
  if (known.length === 0) return `${there}, and none at all here`
  const near = nearestNames(wrong, known)
  const meant = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : '.'
  const more = known.length > 30 ? ` and ${known.length - 30} more` : ''
  return `${there}${meant} Known: ${known.slice(0, 30).join(', ')}${more}`
}
