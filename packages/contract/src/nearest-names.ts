/** Known names that a message lists. */
const MAX_SHOWN = 30

/** The known names that are most similar to a wrong one, best first. At most three. */
export function nearestNames(wrong: string, known: readonly string[]): string[] {
  const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  const wanted = plain(wrong)
  return known
    .map((name) => ({ name, far: distance(wanted, plain(name)) }))
    .filter(({ name, far }) => {
      const near = plain(name)
      return (
        // The distance of two names of two letters is at most two, so at least one letter must match.
        (far <= Math.max(2, near.length / 3) && far < wanted.length) ||
        (wanted.length > 3 && (near.includes(wanted) || wanted.includes(near)))
      )
    })
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** Levenshtein distance of the first 64 characters. */
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

/**
 * The message for an unknown name.
 *
 * @example
 * unknownName('agent', 'analist', ['analyst', 'writer'])
 * // Expected a known agent (analyst, writer), found "analist". Did you mean "analyst"?
 */
export function unknownName(kind: string, wrong: string, known: readonly string[]): string {
  if (known.length === 0) return `Expected a known ${kind}, found "${wrong}". No ${kind} is known.`
  const shown = known.slice(0, MAX_SHOWN).join(', ')
  const more = known.length > MAX_SHOWN ? ` and ${known.length - MAX_SHOWN} more` : ''
  const near = nearestNames(wrong, known).map((name) => `"${name}"`)
  const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ''
  return `Expected a known ${kind} (${shown}${more}), found "${wrong}".${hint}`
}
