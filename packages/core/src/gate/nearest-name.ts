/** Edits (insert, delete, replace) between two texts; Levenshtein 1966, two rows. */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replace))
    }
    above = row
  }
  return above[b.length] ?? 0
}

/** The name that was most likely meant, or undefined where none is near. */
export function nearestName(wanted: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, edits: distance(wanted.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(Math.max(wanted.length, name.length) / 3)))
    .sort((a, b) => a.edits - b.edits)
  return near[0]?.name
}

/** `unknown tool "serach"; did you mean "search"? There are: search, fetch`. */
export function unknownName(kind: string, wanted: string, names: readonly string[]): string {
  const near = nearestName(wanted, names)
  const hint = near === undefined ? '' : `; did you mean "${near}"?`
  return `unknown ${kind} "${wanted}"${hint}${hint === '' ? '.' : ''} ${
    names.length === 0 ? 'There are none.' : `There are: ${names.join(', ')}`
  }`
}
