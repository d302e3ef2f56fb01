import { type Command, type OptionSpec, optionsOf } from './command.ts'
import { COMMANDS } from './command-table.ts'

const MAX_LINE = 100

/** What `bailiwick --help` prints. */
export function programHelp(): string {
  const rows = Object.entries(COMMANDS).map(([name, { summary }]): [string, string] => [name, summary])
  return [
    'bailiwick: agents that write code, and cannot exceed what they were granted',
    '',
    'usage: bailiwick <command> [options]',
    '',
    ...table(rows),
    '',
    '"bailiwick <command> --help" tells more. Start with "bailiwick demo".',
    'exit codes: 0 done, 1 error, 2 unusable command line, configuration or input, 3 the run failed,',
    '            4 the run was canceled, 5 no daemon, 130 ended by Ctrl-C',
  ].join('\n')
}

/** What `bailiwick <command> --help` prints. */
export function commandHelp(name: string, command: Command): string {
  return [
    `bailiwick ${name}: ${COMMANDS[name]?.summary}`,
    '',
    `usage: bailiwick ${[name, command.words, '[options]'].filter((part) => part !== '').join(' ')}`,
    ...(command.details === undefined ? [] : ['', ...command.details.split('\n').map(wrapped)]),
    '',
    'options:',
    ...table(Object.entries(optionsOf(command)).map(([key, spec]) => [spell(key, spec), spec.help])),
  ].join('\n')
}

function spell(key: string, spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `
  const value = spec.type === 'string' ? ` <${spec.value ?? 'value'}>` : ''
  return `${short}--${key}${value}${spec.multiple === true ? ' …' : ''}`
}

function table(rows: [string, string][]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`)
}

/** A line broken between words where it is too long. */
function wrapped(line: string): string {
  if (line.length <= MAX_LINE) return line
  const cut = line.lastIndexOf(' ', MAX_LINE)
  return cut < 1 ? line : `${line.slice(0, cut)}\n${wrapped(line.slice(cut + 1))}`
}
