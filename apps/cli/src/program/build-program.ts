import { readFileSync } from 'node:fs'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import {
  type ArgumentSpec,
  allOptions,
  type CommandSpec,
  type OptionSpec,
} from '../command/define-command.ts'
import { EXIT } from '../command/exit-codes.ts'
import { wrapText } from '../show/wrap-text.ts'
import { COMMANDS, HELP_COMMAND } from './command-table.ts'
import { HELP_LAYOUT, helpWidth } from './help-layout.ts'

const EXIT_CODES = `
Exit codes:
  0    success
  1    error
  2    unusable command line, configuration or input
  3    the run failed, exhausted its budget, or was rejected
  4    the run was canceled
  5    no daemon is running
  6    an evaluation is below --min
  130  interrupted by Ctrl-C

Try "bailiwick demo" first. "bailiwick <command> --help" shows the help of a command.
`

/** What the parser found on the command line for one command. */
export interface ParsedLine {
  args: Record<string, string | undefined>
  options: Record<string, string | string[] | boolean | undefined>
  config: string | undefined
  json: boolean
}

/**
 * Builds the parser and the help.
 *
 * @param line the command line. Only a command that it names gets its arguments and options, because building those
 *   of all commands takes longer than parsing.
 * @param execute receives the command that the line names
 */
export function buildProgram(
  line: readonly string[],
  execute: (spec: CommandSpec, parsed: ParsedLine) => Promise<void>,
): Command {
  const program = new ProgramCommand('bailiwick')
    .description('Run teams of code-writing agents as durable, isolated processes.')
    .usage('<command> [options]')
    .version(readVersion(), '-v, --version', 'Show the version')
    .helpOption('-h, --help', 'Show this help')
    .configureHelp(HELP_LAYOUT)
    .configureOutput({ getOutHelpWidth: helpWidth, getErrHelpWidth: helpWidth })
    .helpCommand(false)
    .exitOverride()
    .enablePositionalOptions()
    .addHelpText('after', () => wrapText(EXIT_CODES, helpWidth()))
  for (const spec of COMMANDS) {
    const command = program.command(spec.name).summary(spec.summary).helpGroup(spec.group)
    if (line.includes(spec.name)) describeCommand(command, spec, execute)
  }
  addHelpCommand(program)
  return program
}

function describeCommand(
  command: Command,
  spec: CommandSpec,
  execute: Parameters<typeof buildProgram>[1],
): void {
  const { details } = spec
  const summary = `${spec.summary}.`
  command.description(details === undefined ? summary : `${summary}\n\n${details}`)
  for (const [key, argument] of Object.entries(spec.arguments)) addArgument(command, key, argument)
  const options = Object.entries(allOptions(spec))
    .filter(([key]) => key !== 'help')
    .map(([key, option]) => ({ ...option, option: addOption(command, key, option) }))
  command.action(() => {
    const values: ParsedLine['options'] = {}
    for (const { option, value, multiple } of options) {
      const name = option.attributeName()
      const absent = value === undefined ? false : multiple ? [] : undefined
      values[name] = command.getOptionValue(name) ?? absent
    }
    const { config, json, ...own } = values
    const args = Object.fromEntries(
      Object.keys(spec.arguments).map((key, index) => [key, command.processedArgs[index]]),
    )
    return execute(spec, {
      args,
      options: own,
      config: typeof config === 'string' ? config : undefined,
      json: json === true,
    })
  })
}

/** Adds "help [command]". Commander's own accepts any name. */
function addHelpCommand(program: Command): void {
  const { name, summary, group, arguments: args } = HELP_COMMAND
  program
    .command(name)
    .summary(summary)
    .helpGroup(group)
    .description(`${summary}.`)
    .argument('[command]', args.command?.help)
    .action(async (name: string | undefined) => {
      const command = name === undefined ? program : program.commands.find((one) => one.name() === name)
      if (command !== undefined) command.help()
      // Parsing an unknown name reports it, with the name that was probably meant.
      await program.parseAsync([String(name)], { from: 'user' })
    })
}

function addArgument(command: Command, key: string, spec: ArgumentSpec): void {
  const name = spec.placeholder ?? key
  const argument = command.createArgument(spec.optional ? `[${name}]` : `<${name}>`, spec.help)
  command.addArgument(spec.choices ? argument.choices(spec.choices) : argument)
}

function addOption(command: Command, key: string, spec: OptionSpec): Option {
  const { short, value, choices, multiple, help } = spec
  const flags = `${short === undefined ? '' : `-${short}, `}--${key}${value === undefined ? '' : ` <${value}>`}`
  const option = new Option(flags, help)
  if (choices) option.choices(choices)
  else if (value !== undefined) {
    option.argParser((text: string, earlier: string[] | string | undefined) => {
      // In "--out --json" the value was forgotten.
      if (text.startsWith('--')) throw new InvalidArgumentError(`Expected a value, found another option.`)
      return multiple ? [...(Array.isArray(earlier) ? earlier : []), text] : text
    })
  }
  command.addOption(option)
  return option
}

/** Adds to each parsing error how to get help, and leaves printing to the caller. */
class ProgramCommand extends Command {
  override createCommand(name?: string): Command {
    return new ProgramCommand(name)
  }

  override error(message: string): never {
    const path = this.parent === null ? this.name() : `${this.parent.name()} ${this.name()}`
    const text = message.replace(/^error: /, '').replace(/\n\((.*\?)\)$/, '. $1')
    const end = /[.?]$/.test(text) ? '' : '.'
    throw new CommanderError(EXIT.usage, 'bad-usage', `${text}${end} Run "${path} --help" for usage.`)
  }
}

function readVersion(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}
