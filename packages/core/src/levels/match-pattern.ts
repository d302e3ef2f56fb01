/** Whether a name fits a pattern in which `*` stands for any characters: `sql_*`, `lodash-es/*`, `*`. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return name === pattern
  if (!name.startsWith(head)) return false
  let from = head.length
  for (const [index, part] of rest.entries()) {
    const at = index === rest.length - 1 ? name.length - part.length : name.indexOf(part, from)
    if (at < from || !name.startsWith(part, at)) return false
    from = at + part.length
  }
  return true
}
