/** Returns the columns of stdout if it is a terminal. Elsewhere lines are not wrapped, so that programs can read them. */
export function outputWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY
}

/**
 * Wraps every line of a text between words. Continued lines keep the indentation of their line, or of its second
 * column if it has one (`  name  description`). A word that is longer than a line stays whole.
 */
export function wrapText(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, width))
    .join('\n')
}

function wrapLine(line: string, width: number): string {
  if (line.length <= width) return line
  const [indent = ''] = /^ */.exec(line) ?? []
  const [column = indent] = /^ +\S+ {2,}/.exec(line) ?? []
  const hang = column.length <= width / 2 ? ' '.repeat(column.length) : indent
  const lines: string[] = []
  let rest = line
  while (rest.length > width) {
    const start = rest.search(/\S/)
    const cut = rest.lastIndexOf(' ', width)
    const at = cut > start ? cut : rest.indexOf(' ', start)
    if (at < 0) break
    lines.push(rest.slice(0, at).trimEnd())
    rest = hang + rest.slice(at).trimStart()
  }
  return [...lines, rest].join('\n')
}
