import type { Help, HelpConfiguration } from 'commander'
import { wrapText } from '../show/wrap-text.ts'

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
