/** One option of a command. */
export interface OptionSpec {
  type: 'string' | 'boolean'
  /** One letter. */
  short?: string
  multiple?: boolean
  /** What stands for the value in the help: `name=path`. */
  value?: string
  help: string
}

/** The options as they were given: strings, booleans, or lists where an option may repeat. */
export type OptionValues = Record<string, string | boolean | string[] | undefined>

/** What a command is run with. */
export interface CommandContext {
  options: OptionValues
  /** Words that are no options. */
  words: string[]
  cwd: string
  env: NodeJS.ProcessEnv
  /** Aborted by the first Ctrl-C or SIGTERM. */
  signal: AbortSignal
  print(line: string): void
  /** For people, beside the result: progress and warnings. */
  note(line: string): void
  json: boolean
}

/** A command of the `bailiwick` program. Its module loads nothing heavy: `run` imports what it needs. */
export interface Command {
  /** What follows the name: `"<task>"`, `<run>`. */
  words: string
  /** Fewest and most words. */
  count: [number, number]
  /** One line for the list of commands. */
  summary: string
  /** Further lines of its own help. */
  details?: string
  options: Record<string, OptionSpec>
  run(context: CommandContext): Promise<number>
}

/** Options of every command. */
export const COMMON_OPTIONS: Record<string, OptionSpec> = {
  config: {
    type: 'string',
    value: 'file',
    help: 'configuration; default: bailiwick.config.{ts,js,mjs} here or above',
  },
  json: { type: 'boolean', help: 'print JSON, for programs' },
  help: { type: 'boolean', short: 'h', help: 'show this' },
}
