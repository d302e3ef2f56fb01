import type { Help, HelpConfiguration } from 'commander'

const DEFAULT_WIDTH = 80
const MIN_WIDTH = 30
/** Longer lines are hard to read, so a wider terminal does not get them. */
const MAX_WIDTH = 120
/** With fewer columns beside the term, a description goes on the lines below it. */
const MIN_DESCRIPTION_WIDTH = 36

/** Columns for help: `COLUMNS`, or the terminal's width, or 80 if stdout is no terminal. */
export function helpWidth(): number {
  const set = Number(process.env.COLUMNS)
  const columns = Number.isInteger(set) && set > 0 ? set : process.stdout.columns
  return Math.min(Math.max(columns ?? DEFAULT_WIDTH, MIN_WIDTH), MAX_WIDTH)
}

/**
 * Wraps every line of a text between words. Continued lines keep the indentation of their line, or of its second
 * column if it has one (`  name  description`).
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
    // A word longer than the line stays whole.
    const at = cut > start ? cut : rest.indexOf(' ', start)
    if (at < 0) break
    lines.push(rest.slice(0, at).trimEnd())
    rest = hang + rest.slice(at).trimStart()
  }
  return [...lines, rest].join('\n')
}

/** How commander lays out help: wrapped once, with hanging indents, at any width. */
export const HELP_LAYOUT: HelpConfiguration = {
  boxWrap: wrapText,
  subcommandTerm: (command) => command.name(),
  styleUsage(this: Help, usage: string): string {
    const indent = ' '.repeat('Usage: '.length)
    return wrapText(`${indent}${usage}`, this.helpWidth ?? DEFAULT_WIDTH).trimStart()
  },
  formatItem(this: Help, term: string, termWidth: number, description: string): string {
    const width = this.helpWidth ?? DEFAULT_WIDTH
    if (description === '') return `  ${term}`
    if (width - termWidth - 4 < MIN_DESCRIPTION_WIDTH) {
      return `  ${term}\n${wrapText(`      ${description}`, width)}`
    }
    const lines = wrapText(description, width - termWidth - 4).split('\n')
    return lines.map((line, index) => `  ${(index === 0 ? term : '').padEnd(termWidth)}  ${line}`).join('\n')
  },
}
